// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <type_traits>

#include "core/exec/kernel.h"
#include "kernels/common/float_types.h"

namespace weft::kernels {

// Calls body(std::type_identity<T>, std::type_identity<O>) with the storage types of a product's operands and result.
template <class Body>
exec::PreparedKernel with_product_types(DType operands, DType result, const std::string& op, Body&& body) {
  return with_floating(operands, op, [&](auto operand) -> exec::PreparedKernel {
    // An f32 result of other operands exists for 16-bit ones alone.
    if constexpr (sizeof(typename decltype(operand)::type) == 2)
      if (result != operands) return body(operand, std::type_identity<float>{});
    return body(operand, operand);
  });
}

}  // namespace weft::kernels
