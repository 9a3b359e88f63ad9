// SPDX-License-Identifier: Apache-2.0
#pragma once
#if !defined(__CUDACC_RTC__)
#include <cmath>
#endif

#include "core/scalar/annotate.h"
#include "core/scalar/select.h"
#if !defined(__CUDA_ARCH__)
#include "core/scalar/float_math.h"
#endif

// The functions that formulas are written with, for float, double and, where it means something, long long. The graph
// builder's scalar (core/ops/expr.h) has functions of the same names, found by argument-dependent lookup.
namespace weft::math {

// A constant of x's type.
WEFT_HD constexpr float like(float, double value) { return static_cast<float>(value); }
WEFT_HD constexpr double like(double, double value) { return value; }
WEFT_HD constexpr long long like(long long, double value) { return static_cast<long long>(value); }

#define WEFT_MATH(name)                                       \
  WEFT_HD inline float name(float x) { return ::name##f(x); } \
  WEFT_HD inline double name(double x) { return ::name(x); }
WEFT_MATH(sqrt)
WEFT_MATH(floor)
WEFT_MATH(ceil)
#undef WEFT_MATH

// On the device the toolkit's f32 functions; on the host those that become vector code.
#if defined(__CUDA_ARCH__)
#define WEFT_F32(name) ::name##f
#else
#define WEFT_F32(name) f32::name
#endif
#define WEFT_VECTOR_MATH(name)                                     \
  WEFT_HD inline float name(float x) { return WEFT_F32(name)(x); } \
  WEFT_HD inline double name(double x) { return ::name(x); }
WEFT_VECTOR_MATH(exp)
WEFT_VECTOR_MATH(expm1)
WEFT_VECTOR_MATH(log)
WEFT_VECTOR_MATH(log1p)
WEFT_VECTOR_MATH(tanh)
WEFT_VECTOR_MATH(erf)
#undef WEFT_VECTOR_MATH
#undef WEFT_F32

// a / (1 + z) for z in [0, 1].
template <class T>
WEFT_HD inline T over_one_plus(T a, T z) {
  return a / (like(z, 1) + z);
}
#if !defined(__CUDA_ARCH__)
WEFT_HD inline float over_one_plus(float a, float z) { return f32::over_one_plus(a, z); }
#endif

// The normal distribution, and x times its integral: Phi(x), phi(x) and x Phi(x), which is 0 at -infinity.
#if defined(__CUDA_ARCH__)
WEFT_HD inline float normal_cdf(float x) { return ::normcdff(x); }
// The square's rounding error is made good, because its exponential magnifies that error.
WEFT_HD inline float normal_pdf(float x) {
  const float t = ::fabsf(x) > 20 ? 20.0f : x, square = t * t, power = ::expf(-0.5f * square);
  return 0x1.988454p-2f * ::fmaf(power, -0.5f * ::fmaf(t, t, -square), power);
}
WEFT_HD inline float gelu(float x) { return x < -14 ? -0.0f : x * ::normcdff(x); }
#else
WEFT_HD inline float normal_cdf(float x) { return f32::normal_cdf(x); }
WEFT_HD inline float normal_pdf(float x) { return f32::normal_pdf(x); }
WEFT_HD inline float gelu(float x) { return f32::gelu(x); }
#endif
WEFT_HD inline double normal_cdf(double x) { return 0.5 * ::erfc(x * -0.70710678118654752); }
WEFT_HD inline double normal_pdf(double x) { return 0.39894228040143268 * ::exp(-0.5 * x * x); }
WEFT_HD inline double gelu(double x) { return x < -39 ? -0.0 : x * normal_cdf(x); }

// On the host as vector code has it, where |x| is not so large that turns must be taken from hundreds of digits of pi.
#if defined(__CUDA_ARCH__)
WEFT_HD inline float sin(float x) { return ::sinf(x); }
WEFT_HD inline float cos(float x) { return ::cosf(x); }
WEFT_HD inline float pow(float a, float b) { return ::powf(a, b); }
#else
WEFT_HD inline float sin(float x) { return f32::can_turn(x) ? f32::sin_within(x) : ::sinf(x); }
WEFT_HD inline float cos(float x) { return f32::can_turn(x) ? f32::cos_within(x) : ::cosf(x); }
WEFT_HD inline float pow(float a, float b) { return f32::pow(a, b); }
#endif
WEFT_HD inline double sin(double x) { return ::sin(x); }
WEFT_HD inline double cos(double x) { return ::cos(x); }
WEFT_HD inline double pow(double a, double b) { return ::pow(a, b); }

WEFT_HD inline float abs(float x) { return ::fabsf(x); }
WEFT_HD inline double abs(double x) { return ::fabs(x); }
WEFT_HD inline float round(float x) { return ::rintf(x); }  // halves to even in the default rounding mode
WEFT_HD inline double round(double x) { return ::rint(x); }
// 1 / sqrt(x) in two rounded steps, so that CPU and CUDA round alike.
WEFT_HD inline float rsqrt(float x) { return 1.0f / ::sqrtf(x); }
WEFT_HD inline double rsqrt(double x) { return 1.0 / ::sqrt(x); }
WEFT_HD inline float fma(float a, float b, float c) { return ::fmaf(a, b, c); }
WEFT_HD inline double fma(double a, double b, double c) { return ::fma(a, b, c); }

WEFT_HD inline float fmod(float a, float b) { return ::fmodf(a, b); }
WEFT_HD inline double fmod(double a, double b) { return ::fmod(a, b); }

// a - floor(a / b) b with the sign of b, as Python's %. Only the sum of numbers of different signs is rounded.
template <class T>
WEFT_HD inline T remainder(T a, T b) {
  const T rest = fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
// floor(a / b) for the exact quotient. The quotient is rounded twice where it has more digits than T.
template <class T>
WEFT_HD inline T floor_divide(T a, T b) {
  if (b == 0) return a / b;
  const T rest = fmod(a, b), whole = (a - rest) / b;
  return round(rest != 0 && (rest < 0) != (b < 0) ? whole - 1 : whole);
}

// Sums, differences and products, as formulas write them: those of integers wrap around, like PyTorch's.
template <class T>
WEFT_HD inline T plus(T a, T b) {
  return a + b;
}
template <class T>
WEFT_HD inline T minus(T a, T b) {
  return a - b;
}
template <class T>
WEFT_HD inline T times(T a, T b) {
  return a * b;
}
template <class T>
WEFT_HD inline T negated(T x) {
  return -x;
}
#define WEFT_WRAPPING(name, op)                                                                              \
  WEFT_HD inline long long name(long long a, long long b) {                                                  \
    return static_cast<long long>(static_cast<unsigned long long>(a) op static_cast<unsigned long long>(b)); \
  }
WEFT_WRAPPING(plus, +)
WEFT_WRAPPING(minus, -)
WEFT_WRAPPING(times, *)
#undef WEFT_WRAPPING
WEFT_HD inline long long negated(long long x) { return minus(0LL, x); }

// Integers divided by 0 give 0, as NumPy's. The smallest integer divided by -1 wraps around.
WEFT_HD inline long long floor_divide(long long a, long long b) {
  if (b == 0) return 0;
  if (b == -1) return negated(a);
  const long long whole = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? whole - 1 : whole;
}
WEFT_HD inline long long remainder(long long a, long long b) {
  return b == 0 ? 0 : minus(a, times(floor_divide(a, b), b));
}

WEFT_HD inline long long abs(long long x) { return x < 0 ? negated(x) : x; }
WEFT_HD inline long long floor(long long x) { return x; }
WEFT_HD inline long long ceil(long long x) { return x; }
WEFT_HD inline long long round(long long x) { return x; }
WEFT_HD inline long long fma(long long a, long long b, long long c) { return plus(times(a, b), c); }
// By squares; a negative exponent gives the whole part of the fraction, which is 0 but for bases of 1 and -1.
WEFT_HD inline long long pow(long long a, long long b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? (b % 2 ? -1 : 1) : 0;
  long long power = 1;
  for (; b > 0; b /= 2) {
    if (b % 2) power = times(power, a);
    a = times(a, a);
  }
  return power;
}

}  // namespace weft::math
