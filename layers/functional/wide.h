// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/tensor.h"

// The dtype in which compositions are computed: 16 bits would round after each operation.
namespace weft::detail {

// f32 for 16 bits and integers, else x itself.
inline Tensor wide(const Tensor& x) {
  return !is_floating(x.dtype()) || size_of(x.dtype()) == 2 ? x.to(DType::kF32) : x;
}
// The result in the dtype of x, rounded once; as it is if x has integers.
inline Tensor in_dtype_of(const Tensor& x, const Tensor& result) {
  return is_floating(x.dtype()) ? result.to(x.dtype()) : result;
}

}  // namespace weft::detail
