// SPDX-License-Identifier: Apache-2.0
#include "core/io/host_memory.h"
#include "weft/detail/host_allocation.h"

#include <cstring>
#include <iterator>
#include <new>

namespace weft::detail {

std::shared_ptr<std::byte> host_memory(std::size_t bytes) {
  constexpr std::align_val_t kAlignment{64};
  return allocating("allocate", bytes, [bytes]() -> std::shared_ptr<std::byte> {
    return {static_cast<std::byte*>(::operator new(bytes, kAlignment)),
            [](std::byte* p) { ::operator delete(p, kAlignment); }};
  });
}

Tensor host_tensor(const void* data, TensorSpec spec, std::shared_ptr<const void> keep) {
  return Tensor::borrow_device(data, std::move(spec), Device::cpu(), nullptr, std::move(keep));
}

const std::byte* host_bytes(const Tensor& tensor) {
  const auto* data = static_cast<const std::byte*>(tensor.device_pointer());
  synchronize(Device::cpu());
  return data;
}

TensorSpec rows_spec(const Tensor& column, std::int64_t rows) {
  std::vector<std::int64_t> dims = column.shape().dims();
  dims[0] = rows;
  return {Shape(std::move(dims)), column.dtype()};
}

void gather_rows(const Tensor& column, std::span<const std::int64_t> rows, std::byte* to) {
  const auto row_bytes = static_cast<std::size_t>(rows_spec(column, 1).bytes());
  const std::byte* from = host_bytes(column);
  for (std::size_t i = 0; i < rows.size() && row_bytes > 0; ++i)
    std::memcpy(to + i * row_bytes, from + static_cast<std::size_t>(rows[i]) * row_bytes, row_bytes);
}

Tensor gather_rows(const Tensor& column, std::span<const std::int64_t> rows) {
  TensorSpec spec = rows_spec(column, std::ssize(rows));
  const auto memory = host_memory(static_cast<std::size_t>(spec.bytes()));
  gather_rows(column, rows, memory.get());
  return host_tensor(memory.get(), std::move(spec), memory);
}

}  // namespace weft::detail
