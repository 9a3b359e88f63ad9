// SPDX-License-Identifier: Apache-2.0
#pragma once

// The elementwise functions, one row each: X(Enumerator, name). The enumeration, the op names, the public declarations
// in weft/elementwise.h and the instantiation of every kernel come from these rows; what a function computes stands in
// core/scalar/elementwise.h. Every compiler reads this file (g++, clang, nvcc, NVRTC), so it includes nothing.

// f(x)
#define WEFT_UNARY_FNS(X)                                                        \
  X(Negative, negative)      /* -x */                                            \
  X(Abs, abs)                /* |x|; slope 0 at 0 */                             \
  X(Sign, sign)              /* -1, 0 or 1; slope 0 */                           \
  X(Floor, floor)            /* largest integer <= x; slope 0 */                 \
  X(Ceil, ceil)              /* smallest integer >= x; slope 0 */                \
  X(Round, round)            /* nearest integer, halves to even; slope 0 */      \
  X(Square, square)          /* x^2 */                                           \
  X(Sqrt, sqrt)              /* square root */                                   \
  X(Rsqrt, rsqrt)            /* 1 / sqrt(x) */                                   \
  X(Exp, exp)                /* e^x */                                           \
  X(Expm1, expm1)            /* e^x - 1, exact near 0 */                         \
  X(Log, log)                /* natural logarithm */                             \
  X(Log1p, log1p)            /* log(1 + x), exact near 0 */                      \
  X(Sin, sin)                /* sine of radians */                               \
  X(Cos, cos)                /* cosine of radians */                             \
  X(Tanh, tanh)              /* hyperbolic tangent */                            \
  X(Erf, erf)                /* 2/sqrt(pi) * integral of e^(-t^2) from 0 to x */ \
  X(NormalCdf, normal_cdf)   /* standard normal distribution: P(X <= x) */       \
  X(NormalPdf, normal_pdf)   /* its density e^(-x^2 / 2) / sqrt(2 pi) */         \
  X(Sigmoid, sigmoid)        /* 1 / (1 + e^-x) */                                \
  X(Softplus, softplus)      /* log(1 + e^x) without overflow */                 \
  X(Relu, relu)              /* max(x, 0); NaN stays NaN; slope 0 at 0 */        \
  X(Gelu, gelu)              /* x * Phi(x), Phi the normal_cdf */                \
  X(GeluTanh, gelu_tanh)     /* x/2 (1 + tanh(sqrt(2/pi)(x + 0.044715 x^3))) */  \
  X(Silu, silu)              /* x * sigmoid(x) */                                \
  X(LogicalNot, logical_not) /* bool: not x */

// f(a, b), with NumPy's broadcasting
#define WEFT_BINARY_FNS(X)                                                       \
  X(Add, add)                  /* a + b */                                       \
  X(Subtract, subtract)        /* a - b */                                       \
  X(Multiply, multiply)        /* a * b */                                       \
  X(Divide, divide)            /* a / b */                                       \
  X(Pow, pow)                  /* a^b */                                         \
  X(Remainder, remainder)      /* a - floor(a / b) b, with b's sign */           \
  X(FloorDivide, floor_divide) /* floor(a / b); slope 0 */                       \
  X(Minimum, minimum)          /* the smaller; NaN wins; ties share the slope */ \
  X(Maximum, maximum)          /* the larger; NaN wins; ties share the slope */  \
  X(Equal, equal)              /* bool */                                        \
  X(NotEqual, not_equal)                                                         \
  X(Less, less)                                                                  \
  X(LessEqual, less_equal)                                                       \
  X(Greater, greater)                                                            \
  X(GreaterEqual, greater_equal)                                                 \
  X(LogicalAnd, logical_and) /* bool and bool */                                 \
  X(LogicalOr, logical_or)                                                       \
  X(LogicalXor, logical_xor)

// f(a, b, c), with NumPy's broadcasting
#define WEFT_TERNARY_FNS(X)                     \
  X(Where, where) /* a ? b : c, a is bool */    \
  X(Fma, fma)     /* a * b + c, rounded once */ \
  X(Clamp, clamp) /* min(max(a, b), c); slope 0 outside [b, c] */

namespace weft {

// An elementwise function, by the rows above.
enum class Fn : unsigned char {
#define WEFT_ENUMERATOR(Name, name) k##Name,
  WEFT_UNARY_FNS(WEFT_ENUMERATOR) WEFT_BINARY_FNS(WEFT_ENUMERATOR) WEFT_TERNARY_FNS(WEFT_ENUMERATOR)
#undef WEFT_ENUMERATOR
};

#define WEFT_COUNT(Name, name) +1
// Numbers of functions of one, two and three arguments.
inline constexpr int kUnaryFns = 0 WEFT_UNARY_FNS(WEFT_COUNT);
inline constexpr int kBinaryFns = 0 WEFT_BINARY_FNS(WEFT_COUNT);
inline constexpr int kTernaryFns = 0 WEFT_TERNARY_FNS(WEFT_COUNT);
#undef WEFT_COUNT
// Number of all functions.
inline constexpr int kFnCount = kUnaryFns + kBinaryFns + kTernaryFns;

// Number of arguments: unary functions stand first in Fn, ternary ones last.
constexpr int arity(Fn fn) {
  const int i = static_cast<int>(fn);
  return i < kUnaryFns ? 1 : i < kUnaryFns + kBinaryFns ? 2 : 3;
}

// Name of a function, "tanh", which is also the op's name in the graph.
constexpr const char* name_of(Fn fn) {
  constexpr const char* kNames[] = {
#define WEFT_NAME(Name, name) #name,
      WEFT_UNARY_FNS(WEFT_NAME) WEFT_BINARY_FNS(WEFT_NAME) WEFT_TERNARY_FNS(WEFT_NAME)
#undef WEFT_NAME
  };
  return kNames[static_cast<int>(fn)];
}

}  // namespace weft
