// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/formula/half.h"
#include "weft/dtype.h"
#include "weft/error.h"

// How element types are read, computed with and written: the 16-bit types in float, f32 and f64 in themselves.
namespace weft::kernels {

template <class T>
struct ComputeType {
  using type = T;
};
template <>
struct ComputeType<bf16> {
  using type = float;
};
template <>
struct ComputeType<f16> {
  using type = float;
};
template <class T>
using Compute = typename ComputeType<T>::type;

// A type as a value, for generic lambdas.
template <class T>
struct Type {
  using type = T;
};

// Calls body(Type<T>{}) with the storage type of a floating dtype; DTypeError naming the op for any other.
template <class Body>
decltype(auto) with_floating(DType dtype, const std::string& op, Body&& body) {
  switch (dtype) {
    case DType::kF32:
      return body(Type<float>{});
    case DType::kF64:
      return body(Type<double>{});
    case DType::kBF16:
      return body(Type<bf16>{});
    case DType::kF16:
      return body(Type<f16>{});
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kBool:
      break;
  }
  fail<DTypeError>(op, "input is ", dtype, ", wants f32, f64, bf16 or f16");
}

// The same for every dtype.
template <class Body>
decltype(auto) with_any(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::kF32:
      return body(Type<float>{});
    case DType::kF64:
      return body(Type<double>{});
    case DType::kBF16:
      return body(Type<bf16>{});
    case DType::kF16:
      return body(Type<f16>{});
    case DType::kI32:
      return body(Type<std::int32_t>{});
    case DType::kI64:
      return body(Type<std::int64_t>{});
    case DType::kU8:
      return body(Type<std::uint8_t>{});
    case DType::kBool:
      break;
  }
  return body(Type<bool>{});
}

}  // namespace weft::kernels
