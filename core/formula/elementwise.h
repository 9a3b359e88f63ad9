// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/formula/math.h"
#include "weft/fn.h"

// What each elementwise function computes, written once. The CPU loop, the CUDA kernels, the gradient rules and the
// tests' slopes all come from this text: T is float, double, long long (where `integers` says so) or the graph
// builder's scalar, for which an expression adds nodes. Half types never enter here; loops convert on load and store.
//
//   value(x...)      the function
//   slope(x..., y)   unary: derivative, from input x and output y
//   slope_a, slope_b, slope_c(a, b[, c], y)  the same for more arguments
//   reads            what slope looks at, so that the rest can be freed after the forward pass
//   smooth           false: the slope is zero everywhere; no slope functions then
//   integers         value() also holds for long long
namespace weft {

enum class SlopeReads : unsigned char { kNothing = 0, kInputs = 1, kOutput = 2, kBoth = 3 };

// Left undefined: an enumerator without a specialisation does not compile.
template <Fn fn>
struct Formula;

template <>
struct Formula<Fn::kTanh> {
  static constexpr bool smooth = true, integers = false;
  static constexpr SlopeReads reads = SlopeReads::kOutput;
  template <class T>
  WEFT_HD static T value(T x) {
    return math::tanh(x);
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return math::like(y, 1) - y * y;
  }
};

template <>
struct Formula<Fn::kMultiply> {
  static constexpr bool smooth = true, integers = true;
  static constexpr SlopeReads reads = SlopeReads::kInputs;
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return a * b;
  }
  template <class T>
  WEFT_HD static T slope_a(T, T b, T) {
    return b;
  }
  template <class T>
  WEFT_HD static T slope_b(T a, T, T) {
    return a;
  }
};

}  // namespace weft
