// SPDX-License-Identifier: Apache-2.0
#include "core/data/host_memory.h"

#include <cstring>
#include <new>

namespace weft::detail {

std::shared_ptr<std::byte> host_memory(std::size_t bytes) {
  constexpr std::align_val_t kAlignment{64};
  return {static_cast<std::byte*>(::operator new(bytes, kAlignment)),
          [](std::byte* p) { ::operator delete(p, kAlignment); }};
}

Tensor host_tensor(const void* data, TensorSpec spec, std::shared_ptr<const void> keep) {
  return Tensor::borrow_device(data, std::move(spec), Device::cpu(), nullptr, std::move(keep));
}

const std::byte* host_bytes(const Tensor& tensor) {
  const auto* data = static_cast<const std::byte*>(tensor.device_pointer());
  synchronize(Device::cpu());
  return data;
}

Tensor gather_rows(const Tensor& column, std::span<const std::int64_t> rows) {
  std::vector<std::int64_t> dims = column.shape().dims();
  const std::int64_t per_row = column.dim(0) == 0 ? 0 : column.numel() / column.dim(0);
  const std::size_t row_bytes = static_cast<std::size_t>(per_row) * size_of(column.dtype());
  dims[0] = std::ssize(rows);
  const std::byte* from = host_bytes(column);
  const auto memory = host_memory(rows.size() * row_bytes);
  for (std::size_t i = 0; i < rows.size() && row_bytes > 0; ++i)
    std::memcpy(memory.get() + i * row_bytes, from + static_cast<std::size_t>(rows[i]) * row_bytes, row_bytes);
  return host_tensor(memory.get(), {Shape(std::move(dims)), column.dtype()}, memory);
}

}  // namespace weft::detail
