// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/scalar/half.h"
#include "weft/dtype.h"

// From run-time element types to template arguments.
namespace weft::kernels {

// Calls f(std::type_identity<T>) with the C++ type that stores the dtype; bool is stored as std::uint8_t 0 or 1.
template <class F>
decltype(auto) with_dtype(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kF32:
      break;
    case DType::kF64:
      return f(std::type_identity<double>{});
    case DType::kBF16:
      return f(std::type_identity<bf16>{});
    case DType::kF16:
      return f(std::type_identity<f16>{});
    case DType::kI32:
      return f(std::type_identity<std::int32_t>{});
    case DType::kI64:
      return f(std::type_identity<std::int64_t>{});
    case DType::kU8:
    case DType::kBool:
      return f(std::type_identity<std::uint8_t>{});
  }
  return f(std::type_identity<float>{});
}

// Calls f(std::type_identity<T>) with an unsigned type of 1, 2, 4 or 8 bytes: for kernels that only move elements.
template <class F>
decltype(auto) with_size(std::size_t bytes, F&& f) {
  if (bytes == 1) return f(std::type_identity<std::uint8_t>{});
  if (bytes == 2) return f(std::type_identity<std::uint16_t>{});
  if (bytes == 4) return f(std::type_identity<std::uint32_t>{});
  return f(std::type_identity<std::uint64_t>{});
}

}  // namespace weft::kernels
