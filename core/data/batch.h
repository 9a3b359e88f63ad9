// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/array/upload.h"
#include "weft/dataset.h"

namespace weft::detail {

// Page-locked memory is slow to get: a pass over a dataset takes over what an earlier one has left.
class UploadLease {
 public:
  // For batches of these many rows of the dataset, `places` of them at once. On the CPU there is nothing to do, and
  // upload() is null.
  UploadLease(const Dataset& dataset, std::int64_t batch_size, Device device, int places);
  ~UploadLease();
  UploadLease(const UploadLease&) = delete;
  UploadLease& operator=(const UploadLease&) = delete;
  const std::shared_ptr<Upload>& upload() const { return upload_; }

 private:
  std::shared_ptr<Upload> upload_;
};

// Rows of a dataset, gathered and on their way to the device.
class Batch {
 public:
  Batch() = default;
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;
  ~Batch();
  // Any thread may gather. With an upload the rows go into page-locked memory, and their copy is enqueued.
  Batch(const Dataset& dataset, std::span<const std::int64_t> rows, std::shared_ptr<Upload> upload);
  // The columns. On CUDA the current stream of this thread waits for them, and the place is used again when they are
  // gone.
  std::vector<Tensor> tensors() &&;

 private:
  std::vector<Tensor> columns_;
  std::vector<TensorSpec> specs_;
  std::shared_ptr<Upload> upload_;
  std::unique_ptr<Upload::Place> place_;
};

}  // namespace weft::detail
