// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"

// The 16-bit storage types. Arithmetic is never done on them: kernels convert on load and store.
// Every compiler reads this file (g++, clang, nvcc, NVRTC), so it includes no standard header. A GPU that has
// instructions for the conversions uses them: the results differ in the bits of a NaN alone.
namespace weft {

// bfloat16: the upper half of a float. Rounds to nearest even; NaN stays NaN.
struct bf16 {
  unsigned short bits = 0;
  bf16() = default;
  WEFT_HD explicit bf16(float value) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
#else
    const auto u = __builtin_bit_cast(unsigned, value);
    bits = (u & 0x7fffffffu) > 0x7f800000u ? static_cast<unsigned short>((u >> 16) | 0x0040u)
                                           : static_cast<unsigned short>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
#endif
  }
  WEFT_HD explicit operator float() const { return __builtin_bit_cast(float, static_cast<unsigned>(bits) << 16); }
};

// IEEE binary16. Rounds to nearest even, overflows to infinity, keeps subnormals and NaN.
struct f16 {
  unsigned short bits = 0;
  f16() = default;
  WEFT_HD explicit f16(float value) {
#if defined(__CUDA_ARCH__)
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
#else
    const auto u = __builtin_bit_cast(unsigned, value);
    const unsigned sign = (u >> 16) & 0x8000u;
    const unsigned a = u & 0x7fffffffu;
    if (a > 0x7f800000u) {  // NaN
      bits = static_cast<unsigned short>(sign | 0x7e00u);
    } else if (a >= 0x477ff000u) {  // rounds to 65536 or more
      bits = static_cast<unsigned short>(sign | 0x7c00u);
    } else if (a < 0x38800000u) {  // subnormal: the sum aligns the mantissa at 2^-24 and rounds
      const float aligned = __builtin_bit_cast(float, a) + 0.5f;
      bits = static_cast<unsigned short>(sign | (__builtin_bit_cast(unsigned, aligned) - 0x3f000000u));
    } else {
      const unsigned rounded = a + 0xfffu + ((a >> 13) & 1u);
      bits = static_cast<unsigned short>(sign | ((rounded - 0x38000000u) >> 13));
    }
#endif
  }
  WEFT_HD explicit operator float() const {
#if defined(__CUDA_ARCH__)
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
#else
    const unsigned sign = static_cast<unsigned>(bits & 0x8000u) << 16;
    const unsigned magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00u) return __builtin_bit_cast(float, sign | 0x7f800000u | ((magnitude & 0x3ffu) << 13));
    if (magnitude >= 0x0400u) return __builtin_bit_cast(float, sign | ((magnitude << 13) + 0x38000000u));
    const float value = static_cast<float>(magnitude) * 5.9604644775390625e-8f;  // 2^-24
    return __builtin_bit_cast(float, __builtin_bit_cast(unsigned, value) | sign);
#endif
  }
};

}  // namespace weft
