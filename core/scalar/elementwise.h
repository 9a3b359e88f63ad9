// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/math.h"
#include "weft/fn.h"

// The formula of each elementwise function, written once for CPU loops, CUDA kernels, gradient rules and tests. T is
// float, double, long long (if `integers`), a traced value of a compiled loop, or the graph builder's Ex, for which an
// expression adds nodes. Half types never enter here, because loops convert on load and store; bools are 0 and 1.
//
//   value(x...)      the function; comparisons give bool
//   slope(x, y)      one argument: the derivative, from input x and output y
//   slope_a, slope_b, slope_c(a, b[, c], y)  two or three arguments: the derivative by each
//   reads            the values that slopes read, so that others can be freed after the forward
//   smooth           false: the slope is zero everywhere; there are no slope functions then
//   integers         value() also holds for long long
//   flops            floating-point operations per element
//   exact            results are rounded once, so every machine gives the same, and constants may be folded
//   half_result      mixed precision may store the result in 16 bits
//   domain           first arguments at which the function is real; single points of it may be kinks or poles
//   steep            the slope is infinite where the first argument is 0, as that of sqrt
//
// Formulas stand in weft::math and call its functions by their bare names; for Ex the same names are found by
// argument-dependent lookup. Constants are like(x, number).
namespace weft::math {

enum class SlopeReads : unsigned char { kNothing = 0, kInputs = 1, kOutput = 2, kBoth = 3 };

// Left undefined: an enumerator without a specialization does not compile.
template <Fn fn>
struct Formula;

// Facts that a specialization states about itself.
template <SlopeReads what, bool on_integers = false>
struct Smooth {
  static constexpr bool smooth = true, integers = on_integers;
  static constexpr SlopeReads reads = what;
};
template <bool on_integers>
struct Flat {
  static constexpr bool smooth = false, integers = on_integers;
  static constexpr SlopeReads reads = SlopeReads::kNothing;
};

struct Domain {
  double low, high;
};
inline constexpr Domain kEverywhere{-3e38, 3e38}, kPositive{0, 3e38};

// FLOPs of a library function such as exp, and of a formula made of one.
inline constexpr int kTranscendental = 8;
// Facts that a specialization states about its results.
template <int count>
struct Exact {
  static constexpr int flops = count;
  static constexpr Domain domain = kEverywhere;
  static constexpr bool exact = true, half_result = true, steep = false;
};
template <int count>
struct Rounded {
  static constexpr int flops = count;
  static constexpr Domain domain = kEverywhere;
  static constexpr bool exact = false, half_result = true, steep = false;
};
// Results that 16 bits store badly: they span a wide range, or magnify the rounding of an operand.
template <int count>
struct WideRange {
  static constexpr int flops = count;
  static constexpr Domain domain = kEverywhere;
  static constexpr bool exact = false, half_result = false, steep = false;
};

// Functions that formulas of other functions are made of.
template <class T>
WEFT_HD inline T sigmoid(T x);
template <class T>
WEFT_HD inline T maximum(T a, T b);

}  // namespace weft::math

#include "core/scalar/binary.h"
#include "core/scalar/ternary.h"
#include "core/scalar/unary.h"

namespace weft::math {

template <class T>
WEFT_HD inline T sigmoid(T x) {
  return Formula<Fn::kSigmoid>::value(x);
}
template <class T>
WEFT_HD inline T maximum(T a, T b) {
  return Formula<Fn::kMaximum>::value(a, b);
}

}  // namespace weft::math

namespace weft {
using math::Formula;
using math::SlopeReads;
}  // namespace weft
