// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/math.h"

// Remainders and floors of f32 quotients as vector code, with the bits of the formulas. Products of the whole quotient
// and the divisor, and differences from them, have no more digits than f64.
namespace weft::kernels {
namespace {

// True if f64 rounds no quotient of these to the next whole number, and its whole part fits an int.
inline __attribute__((always_inline)) bool can_divide(float a, float b) {
  const double quotient = static_cast<double>(a) / static_cast<double>(b);
  return math::both(__builtin_fabs(quotient) < 0x1p28, __builtin_fabsf(b) < __builtin_inff());
}

// fmod(a, b), whose sign is that of a.
inline __attribute__((always_inline)) float rest_within(float a, float b) {
  const double x = a, y = b, whole = static_cast<int>(x / y);
  return __builtin_copysignf(static_cast<float>(x - whole * y), a);
}

inline __attribute__((always_inline)) bool is_other_side(float rest, float b) {
  return math::both(rest != 0, (rest < 0) != (b < 0));
}

inline __attribute__((always_inline)) float remainder_within(float a, float b) {
  const float rest = rest_within(a, b);
  return math::select(is_other_side(rest, b), rest + b, rest);
}

inline __attribute__((always_inline)) float floor_divide_within(float a, float b) {
  const float rest = rest_within(a, b), whole = (a - rest) / b;
  return math::round(math::select(is_other_side(rest, b), whole - 1, whole));
}

}  // namespace
}  // namespace weft::kernels
