// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft::detail {

// Host memory aligned to 64 bytes, values unset.
std::shared_ptr<std::byte> host_memory(std::size_t bytes);
// A tensor on the CPU over memory that `keep` holds; no copy.
Tensor host_tensor(const void* data, TensorSpec spec, std::shared_ptr<const void> keep);
// A tensor on the CPU that takes over the elements of a vector.
template <Element T>
Tensor host_tensor(std::vector<T> values, Shape shape) {
  const auto keep = std::make_shared<const std::vector<T>>(std::move(values));
  return host_tensor(keep->data(), {std::move(shape), dtype_of<T>()}, keep);
}
// The elements of a tensor on the CPU, row-major.
const std::byte* host_bytes(const Tensor& tensor);
// The given rows of a tensor on the CPU, as a tensor and as bytes; the caller has checked them.
Tensor gather_rows(const Tensor& column, std::span<const std::int64_t> rows);
void gather_rows(const Tensor& column, std::span<const std::int64_t> rows, std::byte* to);
// The spec of a tensor with `rows` rows of the column.
TensorSpec rows_spec(const Tensor& column, std::int64_t rows);

}  // namespace weft::detail
