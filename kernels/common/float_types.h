// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <type_traits>
#include <utility>

#include "core/base/check.h"
#include "core/scalar/annotate.h"
#include "core/scalar/half.h"
#include "weft/dtype.h"
#include "weft/error.h"

// Types that elements are computed in: float for the 16-bit types, else the element type itself.
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

// An element in the type of the arithmetic.
template <class E, class T>
WEFT_HD inline E widened(T x) {
  return static_cast<E>(static_cast<Compute<T>>(x));
}

// A result as it is stored.
template <class Out, class E>
WEFT_HD inline Out narrowed(E x) {
  return static_cast<Out>(static_cast<Compute<Out>>(x));
}

// Calls body(std::type_identity<T>) with the storage type of a floating dtype; DTypeError naming the op for any other.
template <class Body>
decltype(auto) with_floating(DType dtype, const std::string& op, Body&& body) {
  switch (dtype) {
    case DType::kF32:
      return body(std::type_identity<float>{});
    case DType::kF64:
      return body(std::type_identity<double>{});
    case DType::kBF16:
      return body(std::type_identity<bf16>{});
    case DType::kF16:
      return body(std::type_identity<f16>{});
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kBool:
      break;
  }
  fail<DTypeError>(op, "input is ", dtype, ", wants f32, f64, bf16 or f16");
}

}  // namespace weft::kernels
