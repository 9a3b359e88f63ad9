// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/array/upload.h"
#include "weft/source.h"

namespace weft::detail {

// A lease on an upload, because page-locked memory is slow to get: a loader takes over an upload that an earlier one
// has left.
class UploadLease {
 public:
  // A lease for batches of `rows` rows, `stagings` of them at once. upload() is null on the CPU.
  UploadLease(const Source& source, std::int64_t batch_size, Device device, int stagings);
  ~UploadLease();
  UploadLease(const UploadLease&) = delete;
  UploadLease& operator=(const UploadLease&) = delete;
  const std::shared_ptr<Upload>& upload() const { return upload_; }

 private:
  std::shared_ptr<Upload> upload_;
};

// A batch: rows of a source, read and on their way to the device.
class Batch {
 public:
  Batch() = default;
  Batch(Batch&&) = default;
  Batch& operator=(Batch&&) = default;
  ~Batch();
  // Reads the rows, on any thread. With an upload they go into page-locked memory, and their copy is enqueued.
  Batch(const Source& source, std::span<const std::int64_t> rows, std::int64_t epoch, std::shared_ptr<Upload> upload);
  // The columns. On CUDA the current stream of this thread waits for them; the staging buffer is used again when they
  // are gone.
  std::vector<Tensor> tensors() &&;

 private:
  // Copies columns into the staging buffer, by a function that copies one, and sends them off.
  template <class Copy>
  void stage(const std::vector<Tensor>& columns, std::int64_t rows, const Copy& copy);

  std::vector<Tensor> columns_;
  std::vector<TensorSpec> specs_;
  std::shared_ptr<Upload> upload_;
  std::unique_ptr<Upload::Staging> staging_;
};

}  // namespace weft::detail
