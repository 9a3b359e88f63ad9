// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/binary.h"

// Functions of three arguments; see elementwise.h, which includes this file.
namespace weft::math {

// The condition a has no slope; for the graph builder it is a bool value.
template <>
struct Formula<Fn::kWhere> : Smooth<SlopeReads::kInputs, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T a, T b, T c) {
    return select(a != like(a, 0), b, c);
  }
  template <class T>
  WEFT_HD static T slope_b(T a, T, T, T y) {
    return select(a, like(y, 1), like(y, 0));
  }
  template <class T>
  WEFT_HD static T slope_c(T a, T, T, T y) {
    return select(a, like(y, 0), like(y, 1));
  }
};

template <>
struct Formula<Fn::kFma> : Smooth<SlopeReads::kInputs, true>, Exact<2> {
  template <class T>
  WEFT_HD static T value(T a, T b, T c) {
    return fma(a, b, c);
  }
  template <class T>
  WEFT_HD static T slope_a(T, T b, T, T) {
    return b;
  }
  template <class T>
  WEFT_HD static T slope_b(T a, T, T, T) {
    return a;
  }
  template <class T>
  WEFT_HD static T slope_c(T, T, T, T y) {
    return like(y, 1);
  }
};

template <>
struct Formula<Fn::kClamp> : Smooth<SlopeReads::kInputs, true>, Exact<2> {
  template <class T>
  WEFT_HD static T value(T a, T b, T c) {
    return Formula<Fn::kMinimum>::value(Formula<Fn::kMaximum>::value(a, b), c);
  }
  template <class T>
  WEFT_HD static T slope_a(T a, T b, T c, T) {
    return select(a >= b && a <= c && b < c, like(a, 1), like(a, 0));
  }
  template <class T>
  WEFT_HD static T slope_b(T a, T b, T c, T) {
    return select(a < b && b <= c, like(a, 1), like(a, 0));
  }
  template <class T>
  WEFT_HD static T slope_c(T a, T b, T c, T) {
    return select(maximum(a, b) > c, like(a, 1), like(a, 0));
  }
};

}  // namespace weft::math
