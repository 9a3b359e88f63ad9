// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"
#include "core/scalar/select.h"

// exp, log, tanh, erf and their like for f32 on the host, without branches and tables, so that a loop over them becomes
// vector code. Results are within 2 ulp, or what a function says, for every argument, with or without fma instructions;
// denormals count as zero, as in all of weft. The polynomials are minimax fits. F is float or a traced value, whose
// bits are a type of their own.
namespace weft::math::f32 {

// a * b + c; rounded once where the machine does so in one instruction.
WEFT_HD inline float muladd(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}

WEFT_HD inline double muladd(double a, double b, double c) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

// a * b + c, rounded once on every machine.
WEFT_HD inline float fused(float a, float b, float c) {
#if defined(__FMA__) || defined(__aarch64__)
  return __builtin_fmaf(a, b, c);
#else
  return static_cast<float>(static_cast<double>(a) * b + c);
#endif
}

// c + c1 x + c2 x^2 + ... by Horner's rule.
WEFT_HD inline double polynomial(double, double c) { return c; }
template <class... More>
WEFT_HD inline double polynomial(double x, double c, More... more) {
  return muladd(polynomial(x, more...), x, c);
}
template <class F>
WEFT_HD inline F polynomial(F, float c) {
  return F(c);
}
template <class F, class... More>
WEFT_HD inline F polynomial(F x, float c, More... more) {
  return muladd(polynomial(x, more...), x, F(c));
}

WEFT_HD inline int bits_of(float x) { return __builtin_bit_cast(int, x); }
WEFT_HD inline float float_of(int bits) { return __builtin_bit_cast(float, bits); }
WEFT_HD inline float number_of(int n) { return static_cast<float>(n); }
// Sums and differences of bits, which may wrap around.
WEFT_HD inline int plus(int a, int b) { return static_cast<int>(static_cast<unsigned>(a) + static_cast<unsigned>(b)); }
WEFT_HD inline int minus(int a, int b) { return static_cast<int>(static_cast<unsigned>(a) - static_cast<unsigned>(b)); }
WEFT_HD inline int shifted_left(int a, int n) { return static_cast<int>(static_cast<unsigned>(a) << n); }
template <class F>
WEFT_HD inline F magnitude(F x) {
  return float_of(bits_of(x) & 0x7fffffff);
}
// x with the sign of `sign`; x is positive or NaN.
template <class F>
WEFT_HD inline F with_sign_of(F x, F sign) {
  return float_of(bits_of(x) | (bits_of(sign) & static_cast<int>(0x80000000u)));
}
// 2^n for n in [-126, 127]; only the low 9 bits of n count.
template <class I>
WEFT_HD inline auto power_of_two(I n) {
  return float_of(shifted_left(n + 127, 23));
}

// ln 2 in two parts: the first has so few bits that its product with an exponent is exact.
inline constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;

// x = n ln 2 + r + low, with |r + low| <= ln 2 / 2 and r free of rounding. Only the low 9 bits of n are right.
template <class F>
struct Reduced {
  F r, low;
  decltype(bits_of(F())) n;
};
template <class F>
WEFT_HD inline Reduced<F> reduce(F x) {
  constexpr float kRound = 0x1.8p23f;  // adding it leaves the nearest whole number in the low bits
  const F shifted = muladd(x, 0x1.715476p0f, kRound);
  const F n = shifted - kRound;
  return {muladd(n, -kLn2High, x), n * -kLn2Low, bits_of(shifted)};
}

// (e^r - 1 - r) / r^2 for a reduced r.
template <class F>
WEFT_HD inline F exp_tail(F r) {
  return polynomial(r, 0x1.fffffcp-2f, 0x1.555492p-3f, 0x1.5558aap-5f, 0x1.12398cp-7f, 0x1.6a5428p-10f);
}
template <class F>
WEFT_HD inline F exp_reduced(Reduced<F> x) {
  const F r = x.r + x.low;
  return 1.0f + muladd(r * r, exp_tail(r), r);
}

// e^x for x in [-87, 88] or NaN.
template <class F>
WEFT_HD inline F exp_within(F x) {
  const Reduced<F> reduced = reduce(x);
  return exp_reduced(reduced) * power_of_two(reduced.n);
}

template <class F>
WEFT_HD inline F exp(F x) {
  const float infinity = float_of(0x7f800000);
  const Reduced<F> reduced = reduce(x);
  // n is added to the exponent bits, because 2^n is not a normal number for n = 128.
  const F y = float_of(plus(bits_of(exp_reduced(reduced)), shifted_left(reduced.n, 23)));
  const F inside = select(x <= 0x1.62e42ep6f, y, x * infinity);  // or NaN
  return select(x < -0x1.5d589ep6f, F(0.0f), inside);
}

template <class F>
WEFT_HD inline F expm1(F x) {
  const F most = select(x > 89.0f, F(89.0f), x);
  const auto [high, low, n] = reduce(select(most < -30.0f, F(-30.0f), most));
  const F r = high + low, half = power_of_two(n - 1);
  const F y = 2.0f * muladd(half, muladd(r * r, exp_tail(r), r), half - 0.5f);
  return select(magnitude(x) < 0x1p-30f, x, y);
}

// e ln 2 + log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1].
template <class F>
WEFT_HD inline F log_of(F f, F e) {
  const F square = f * f;
  const F tail =
      muladd(square,
             muladd(f,
                    polynomial(f, 0x1.555546p-2f, -0x1.ffffeep-3f, 0x1.99a4dap-3f, -0x1.5562b2p-3f, 0x1.2339dep-3f,
                               -0x1.fb5004p-4f, 0x1.e5fef6p-4f, -0x1.e28918p-4f, 0x1.1b7bc2p-4f),
                    -0.5f),
             e * kLn2Low);
  return muladd(e, kLn2High, f + tail);
}

// The exponent that brings x into [sqrt(1/2), sqrt(2)).
template <class F>
WEFT_HD inline auto exponent_of(F x) {
  return minus(bits_of(x), 0x3f3504f3) >> 23;
}

// log of x that is zero, denormal, negative, infinite or NaN; y for other x.
template <class F>
WEFT_HD inline F log_outside(F x, F y) {
  const float infinity = float_of(0x7f800000), nan = float_of(0x7fc00000);
  const F low = select(magnitude(x) < 0x1p-126f, F(-infinity), select(x < 0.0f, F(nan), y));
  return select(x < infinity, low, x);
}

template <class F>
WEFT_HD inline F log(F x) {
  const auto e = exponent_of(x);
  const F f = float_of(minus(bits_of(x), shifted_left(e, 23))) - 1.0f;
  return log_outside(x, log_of(f, number_of(e)));
}

// 1 + x is rounded only to find the exponent e; 2^-e (1 + x) - 1 then comes from x itself, unless x is so large that it
// makes no difference.
template <class F>
WEFT_HD inline F log1p(F x) {
  const F u = 1.0f + x;
  const auto e = exponent_of(u), shift = shifted_left(e, 23);
  const F scale = float_of(minus(0x3f800000, select(e < 60, shift, 0)));
  const F f = select(e < 60, muladd(scale, x, scale - 1.0f), float_of(minus(bits_of(u), shift)) - 1.0f);
  const F y = log_outside(u, log_of(f, number_of(e)));
  return select(magnitude(x) < 0x1p-30f, x, y);
}

// An odd polynomial near 0, 1 - 2 / (e^2|x| + 1) further out.
template <class F>
WEFT_HD inline F tanh(F x) {
  const F t = magnitude(x), square = x * x;
  const F near = muladd(x * square,
                        polynomial(square, -0x1.555554p-2f, 0x1.1110ap-3f, -0x1.b9fafap-5f, 0x1.641d46p-6f,
                                   -0x1.0efa4ep-7f, 0x1.24b8d4p-9f),
                        x);
  const F far = 1.0f - 2.0f / (exp_within(select(t > 10.0f, F(20.0f), t + t)) + 1.0f);
  return select(t < 0.6f, near, with_sign_of(far, x));
}

// An odd polynomial near 0, 1 - e^-p(|x|) further out.
template <class F>
WEFT_HD inline F erf(F x) {
  const F t = magnitude(x);
  const F near = x * (1.0f + polynomial(x * x, 0x1.06eba8p-3f, -0x1.812744p-2f, 0x1.ce2e6p-4f, -0x1.b8162ap-6f,
                                        0x1.5513f2p-8f, -0x1.acf7f8p-11f, 0x1.662518p-14f));
  const F far =
      1.0f - exp_within(-polynomial(select(t > 4.0f, F(4.0f), t), 0x1.e1207ep-14f, 0x1.20c59ep0f, 0x1.45f0aap-1f,
                                    0x1.abd1a4p-4f, -0x1.704b8ap-6f, 0x1.97435ep-9f, -0x1.a8ba92p-13f));
  return select(t < 0.9f, near, with_sign_of(far, x));
}

// The normal distribution's left tail at s = -|x|: Phi(s) = e^(-s^2 / 2) R(s), with a quotient of polynomials R. The
// square is reduced before it is rounded, so that the tail keeps its digits. Two polynomials have a leading coefficient
// of 1, which makes an addition of their first step; `power` and `ratio` are multiples of e^(-s^2 / 2) and of R.
template <class F>
struct NormalTail {
  F s, power, ratio;
};
template <class F>
WEFT_HD inline NormalTail<F> normal_tail(F x) {
  constexpr float kRound = 0x1.8p23f, kTwoLn2High = 2 * kLn2High;
  const F negative = float_of(bits_of(x) | static_cast<int>(0x80000000u));
  const F s = select(negative < -13.5f, F(-13.5f), negative);  // Phi(s) and s Phi(s) are no normal numbers further out
  const F square = s * s;
  // n, such that e^(-s^2 / 2) = 2^n e^(-r / 2).
  const F shifted = muladd(square, F(-0x1.715476p-1f), F(kRound));
  const F turned = fused(shifted, F(kTwoLn2High), F(-kRound * kTwoLn2High));
  const F r = muladd(turned, F(kLn2Low / kLn2High), fused(s, s, turned));
  const F high = muladd(r + -0x1.43528ep+3f, r, F(0x1.416826p+6f));
  const F reduced = muladd(muladd(muladd(high, r, F(-0x1.e2128cp+8f)), r, F(0x1.e2155p+10f)), r, F(-0x1.e2155cp+11f));
  // Even and odd powers apart, because they need not wait for one another.
  const F numerator = muladd(muladd(square, F(-0x1.0db3bp-10f), F(-0x1.6f5914p-7f)), s,
                             polynomial(square, 0x1.a592b6p-7f, 0x1.31bcd2p-8f, 0x1.b1dfd4p-14f));
  const F denominator = muladd(muladd(square + 0x1.70aa0ap+5f, square, F(0x1.4b4c5p+7f)), s,
                               polynomial(square, -0x1.8cf0b4p+6f, -0x1.da23cep+6f, -0x1.3e4b32p+3f));
  return {s, float_of(plus(bits_of(reduced), shifted_left(bits_of(shifted), 23))), numerator / denominator};
}

// Phi(x), the integral of the density up to x, within 7 ulp.
template <class F>
WEFT_HD inline F normal_cdf(F x) {
  const NormalTail<F> tail = normal_tail(x);
  const F left = tail.ratio * tail.power;
  return select(x > 0.0f, 1.0f - left, left);
}
// The density e^(-x^2 / 2) / sqrt(2 pi), within 4 ulp.
template <class F>
WEFT_HD inline F normal_pdf(F x) {
  const NormalTail<F> tail = normal_tail(x);
  return muladd(tail.s, F(0.0f), tail.power * -0x1.b1de4p-14f);  // the power's bits at NaN mean nothing, s is NaN
}
// x Phi(x) = max(x, 0) + s Phi(s), within 7 ulp.
template <class F>
WEFT_HD inline F gelu(F x) {
  const NormalTail<F> tail = normal_tail(x);
  return fused(tail.ratio, tail.s * tail.power, select(F(0.0f) > x, F(0.0f), x));
}

// a / (1 + z) for z in [0, 1], with what the sum loses to rounding made good; 1 - z / 2 is about 1 / (1 + z).
template <class F>
WEFT_HD inline F over_one_plus(F a, F z) {
  const F sum = 1.0f + z, rest = (sum - 1.0f) - z, quotient = a / sum;
  return muladd(quotient, rest * muladd(z, -0.5f, 1.0f), quotient);
}

// x = n pi / 2 + r with |r| <= pi / 4. The multiples of pi / 2 are exact in f64 up to 2^28 (Cody and Waite 1980,
// constants of fdlibm).
inline constexpr float kMostTurned = 4.2e8f;
struct Quarters {
  float r;
  int n;
};
WEFT_HD inline Quarters quarters(float x) {
  constexpr double kRound = 0x1.8p52;  // adding it leaves the nearest whole number
  const double wide = x, n = muladd(wide, 0x1.45f306dc9c883p-1, kRound) - kRound;
  return {static_cast<float>(muladd(n, -0x1.110b4611a6263p-26, muladd(n, -0x1.921fb5p0, wide))), static_cast<int>(n)};
}
// The sine of n quarter turns and r more.
WEFT_HD inline float sin_of(float r, int n) {
  const float square = r * r;
  const float s = muladd(r * square, polynomial(square, -0x1.555544p-3f, 0x1.1106fcp-7f, -0x1.992c3p-13f), r);
  const float c =
      muladd(square, muladd(square, polynomial(square, 0x1.55554ap-5f, -0x1.6c0c22p-10f, 0x1.99e36p-16f), -0.5f), 1.0f);
  return float_of(bits_of((n & 1) != 0 ? c : s) ^ static_cast<int>(static_cast<unsigned>(n & 2) << 30));
}

// sin and cos of x with |x| <= kMostTurned.
WEFT_HD inline bool can_turn(float x) { return __builtin_fabsf(x) <= kMostTurned; }
WEFT_HD inline float sin_within(float x) {
  const Quarters q = quarters(x);
  return sin_of(q.r, q.n);
}
WEFT_HD inline float cos_within(float x) {
  const Quarters q = quarters(x);
  return sin_of(q.r, q.n + 1);
}

// log2(x) for a normal x > 0, to 36 bits.
WEFT_HD inline double log2_wide(float x) {
  const int e = exponent_of(x);
  const float m = float_of(minus(bits_of(x), shifted_left(e, 23)));
  // log m = 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = (m - 1) / (m + 1); a step of Newton's is faster than dividing f64.
  const double wide = m, below = wide + 1, near = 1.0f / (m + 1.0f);
  const double s = (wide - 1) * (near * muladd(-below, near, 2.0)), z = s * s;
  const double series = polynomial(z, 1.0, 1.0 / 3, 1.0 / 5, 1.0 / 7, 1.0 / 9, 1.0 / 11);
  return muladd(s * series, 0x1.71547652b82fep1, static_cast<double>(e));  // 2 / ln 2
}
// 2^x; 0 and infinity beyond the normal numbers. NaN gives 0.
WEFT_HD inline float exp2_of(double x) {
  constexpr double kRound = 0x1.8p52;
  const double low = x > -127 ? x : -127, within = low < 128.4 ? low : 128.4;
  const double n = (within + kRound) - kRound, r = within - n;
  // Within 2e-9 of 2^r.
  const auto y = static_cast<float>(polynomial(r, 1.0, 0x1.62e430af27cc1p-1, 0x1.ebfbdc3c2c445p-3, 0x1.c6aee88dd9bbp-5,
                                               0x1.3b2d4cf39cbe8p-7, 0x1.5f3e533be7efp-10, 0x1.41fbbb4a0f1p-13));
  const int bits = plus(bits_of(y), shifted_left(static_cast<int>(n), 23));
  const int most = bits > 0x7f800000 ? 0x7f800000 : bits;
  return float_of(bits < 0x00800000 ? 0 : most);
}

// a^b = 2^(b log2 |a|), with the values of IEEE 754 at 0, infinity and NaN.
WEFT_HD inline float pow(float a, float b) {
  const float size = __builtin_fabsf(a), nan = float_of(0x7fc00000), infinity = float_of(0x7f800000);
  const int sign = bits_of(a) & static_cast<int>(0x80000000u);
  const float finite = exp2_of(static_cast<double>(b) * log2_wide(size));
  const float of_zero = b < 0.0f ? infinity : 0.0f, of_infinity = b < 0.0f ? 0.0f : infinity;
  // A negative base has a power where the exponent is whole; odd exponents keep its sign.
  const float half = b * 0.5f, down = __builtin_floorf(half);
  const float parity = b - 2.0f * down;  // 0 or 1 for whole numbers, else between them
  const float inside = size == 1.0f ? 1.0f : finite;
  const float real = sign == 0 ? inside : __builtin_floorf(b) == b ? inside : nan;
  const float magnitude = size < 0x1p-126f ? of_zero : size == infinity ? of_infinity : real;
  const float signed_one = float_of(bits_of(magnitude) | (parity == 1.0f ? sign : 0));
  const float number = a != a ? nan : b != b ? nan : signed_one;
  return a == 1.0f ? 1.0f : b == 0.0f ? 1.0f : number;
}

}  // namespace weft::math::f32
