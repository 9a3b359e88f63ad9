// SPDX-License-Identifier: Apache-2.0
#include "core/data/batch.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <mutex>
#include <utility>

#include "core/base/lasting.h"
#include "core/io/host_memory.h"

namespace weft::detail {
namespace {

struct IdleUploads {
  std::mutex mutex;
  std::vector<std::shared_ptr<Upload>> uploads;  // the longest idle first
};

IdleUploads& idle() {
  static const Lasting<IdleUploads> instance;
  return *instance;
}

// Columns begin at multiples of 256 bytes, as kernels want them.
std::size_t room(const TensorSpec& spec) { return (static_cast<std::size_t>(spec.bytes()) + 255) / 256 * 256; }

TensorSpec with_rows(const TensorSpec& row, std::int64_t rows) {
  std::vector<std::int64_t> dims = row.shape.dims();
  dims[0] = rows;
  return {Shape(std::move(dims)), row.dtype};
}

}  // namespace

UploadLease::UploadLease(const Source& source, std::int64_t batch_size, Device device, int stagings) {
  if (device.is_cpu()) return;
  std::size_t bytes = 0;
  for (const TensorSpec& row : source.row_specs()) bytes += room(with_rows(row, batch_size));
  {
    const std::lock_guard lock(idle().mutex);
    auto& uploads = idle().uploads;
    const auto found = std::find_if(uploads.begin(), uploads.end(), [&](const auto& u) {
      return u->device() == device && u->bytes() >= bytes && u->bytes() / 4 <= bytes;
    });
    if (found != uploads.end()) {
      upload_ = std::move(*found);
      uploads.erase(found);
    }
  }
  if (!upload_) upload_ = Upload::create(device, bytes, stagings);
}

UploadLease::~UploadLease() {
  if (!upload_) return;
  constexpr std::size_t kKept = 8;
  std::shared_ptr<Upload> dropped;  // outside the lock
  const std::lock_guard lock(idle().mutex);
  auto& uploads = idle().uploads;
  uploads.push_back(std::move(upload_));
  if (uploads.size() <= kKept) return;
  dropped = std::move(uploads.front());
  uploads.erase(uploads.begin());
}

Batch::Batch(const Source& source, std::span<const std::int64_t> rows, std::int64_t epoch,
             std::shared_ptr<Upload> upload)
    : upload_(std::move(upload)) {
  const Dataset* dataset = source.dataset();
  if (!upload_ || !dataset) columns_ = source.rows(rows, epoch);
  if (!upload_) return;
  if (dataset) {
    stage(dataset->columns(), std::ssize(rows),
          [&](const Tensor& column, std::byte* to, std::size_t) { gather_rows(column, rows, to); });
  } else {
    const std::vector<Tensor> read = std::exchange(columns_, {});
    stage(read, std::ssize(rows), [](const Tensor& column, std::byte* to, std::size_t bytes) {
      if (bytes > 0) std::memcpy(to, host_bytes(column), bytes);
    });
  }
}

template <class Copy>
void Batch::stage(const std::vector<Tensor>& columns, std::int64_t rows, const Copy& copy) {
  staging_ = upload_->take();
  std::size_t at = 0;
  for (const Tensor& column : columns) {
    specs_.push_back(rows_spec(column, rows));
    copy(column, staging_->host() + at, static_cast<std::size_t>(specs_.back().bytes()));
    at += room(specs_.back());
  }
  upload_->send(*staging_, at);
}

Batch::~Batch() {
  if (staging_) upload_->put_back(std::move(staging_));
}

std::vector<Tensor> Batch::tensors() && {
  if (!staging_) return std::move(columns_);
  const Device device = upload_->device();
  const auto arrived = upload_->receive(std::move(staging_), Stream::current(device));
  std::size_t at = 0;
  for (TensorSpec& spec : specs_) {
    const std::size_t bytes = room(spec);
    columns_.push_back(Tensor::borrow_device(arrived->device() + at, std::move(spec), device, nullptr, arrived));
    at += bytes;
  }
  return std::move(columns_);
}

}  // namespace weft::detail
