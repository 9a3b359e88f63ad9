// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <type_traits>

#include "core/formula/half.h"

// To and from the 16-bit types by the GPU's own instructions, one each; by the same rules, but that a NaN's bits may
// differ. For kernels that have no instructions to spare beside the memory.
namespace weft::kernels {

template <class A, class T>
__device__ A to_compute(T x) {
#if defined(__CUDA_ARCH__)
  if constexpr (std::is_same_v<T, f16>) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(x.bits));
    return value;
  }
#endif
  return static_cast<A>(x);
}

template <class T, class A>
__device__ T to_storage(A x) {
#if defined(__CUDA_ARCH__)
  T out;
  if constexpr (std::is_same_v<T, f16>) {
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(out.bits) : "f"(x));
    return out;
  }
#if __CUDA_ARCH__ >= 800
  if constexpr (std::is_same_v<T, bf16>) {
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(out.bits) : "f"(x));
    return out;
  }
#endif
#endif
  return static_cast<T>(x);
}

}  // namespace weft::kernels
