// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <type_traits>

#include "core/exec/kernel.h"
#include "kernels/pool/shape.h"

namespace weft::kernels {

// Windows of an op whose input is the image, or whose result is.
inline PoolShape pool_of_image(const exec::KernelRequest& request) {
  return pool_shape(request.attributes, request.inputs[0].shape, request.outputs[0].shape);
}
inline PoolShape pool_to_image(const exec::KernelRequest& request) {
  return pool_shape(request.attributes, request.outputs[0].shape, request.inputs[0].shape);
}

// Calls f(std::type_identity<I>) with the type that stores positions in windows.
template <class F>
decltype(auto) with_position(DType dtype, F&& f) {
  if (dtype == DType::kU8) return f(std::type_identity<std::uint8_t>{});
  return f(std::type_identity<std::int32_t>{});
}

}  // namespace weft::kernels
