// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <type_traits>

#include "core/exec/kernel.h"
#include "kernels/common/float_types.h"

namespace weft::kernels {

// Calls body(std::type_identity<T>, std::type_identity<O>) with the storage types of the operands and the result.
template <class Body>
exec::PreparedKernel with_conv_types(const exec::KernelRequest& request, Body&& body) {
  const DType operands = request.inputs[0].dtype, result = request.outputs[0].dtype;
  return with_floating(operands, request.op.name(), [&](auto operand) -> exec::PreparedKernel {
    // An f32 result of other operands exists for 16-bit ones alone.
    if constexpr (sizeof(typename decltype(operand)::type) == 2)
      if (result != operands) return body(operand, std::type_identity<float>{});
    return body(operand, operand);
  });
}

}  // namespace weft::kernels
