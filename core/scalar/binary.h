// SPDX-License-Identifier: Apache-2.0
#pragma once

// Functions of two arguments; see elementwise.h, which includes this file.
namespace weft::math {

template <>
struct Formula<Fn::kAdd> : Smooth<SlopeReads::kNothing, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return plus(a, b);
  }
  template <class T>
  WEFT_HD static T slope_a(T, T, T y) {
    return like(y, 1);
  }
  template <class T>
  WEFT_HD static T slope_b(T, T, T y) {
    return like(y, 1);
  }
};

template <>
struct Formula<Fn::kSubtract> : Smooth<SlopeReads::kNothing, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return minus(a, b);
  }
  template <class T>
  WEFT_HD static T slope_a(T, T, T y) {
    return like(y, 1);
  }
  template <class T>
  WEFT_HD static T slope_b(T, T, T y) {
    return like(y, -1);
  }
};

template <>
struct Formula<Fn::kMultiply> : Smooth<SlopeReads::kInputs, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return times(a, b);
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

template <>
struct Formula<Fn::kDivide> : Smooth<SlopeReads::kBoth>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return a / b;
  }
  template <class T>
  WEFT_HD static T slope_a(T, T b, T) {
    return like(b, 1) / b;
  }
  template <class T>
  WEFT_HD static T slope_b(T, T b, T y) {
    return -y / b;
  }
};

// Slopes at the edges: of the base 0 at 0^0, of the exponent 0 at 0^b with b >= 0. The formulas would give NaN or
// infinity; arguments are chosen that give finite numbers, because slopes of slopes then are finite, too.
template <>
struct Formula<Fn::kPow> : Smooth<SlopeReads::kBoth, true>, WideRange<kTranscendental> {
  static constexpr Domain domain = kPositive;
  static constexpr bool steep = true;
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return pow(a, b);
  }
  template <class T>
  WEFT_HD static T slope_a(T a, T b, T) {
    return b * pow(a, select(a == like(a, 0) && b == like(b, 0), like(b, 1), b - like(b, 1)));
  }
  template <class T>
  WEFT_HD static T slope_b(T a, T b, T y) {
    return y * log(select(a == like(a, 0) && b >= like(b, 0), like(a, 1), a));
  }
};

// The slopes are those between two jumps.
template <>
struct Formula<Fn::kRemainder> : Smooth<SlopeReads::kInputs, true>, WideRange<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return remainder(a, b);
  }
  template <class T>
  WEFT_HD static T slope_a(T a, T, T) {
    return like(a, 1);
  }
  template <class T>
  WEFT_HD static T slope_b(T a, T b, T) {
    return -floor_divide(a, b);
  }
};

template <>
struct Formula<Fn::kFloorDivide> : Flat<true>, WideRange<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return floor_divide(a, b);
  }
};

// NaN wins: `a != a` takes a NaN in a, and a NaN in b is taken because `a < b` is false.
template <>
struct Formula<Fn::kMinimum> : Smooth<SlopeReads::kInputs, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return select(a < b || a != a, a, b);
  }
  template <class T>
  WEFT_HD static T slope_a(T a, T b, T) {
    return select(a < b, like(a, 1), select(a == b, like(a, 0.5), like(a, 0)));
  }
  template <class T>
  WEFT_HD static T slope_b(T a, T b, T) {
    return select(b < a, like(a, 1), select(a == b, like(a, 0.5), like(a, 0)));
  }
};

template <>
struct Formula<Fn::kMaximum> : Smooth<SlopeReads::kInputs, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T a, T b) {
    return select(a > b || a != a, a, b);
  }
  template <class T>
  WEFT_HD static T slope_a(T a, T b, T) {
    return select(a > b, like(a, 1), select(a == b, like(a, 0.5), like(a, 0)));
  }
  template <class T>
  WEFT_HD static T slope_b(T a, T b, T) {
    return select(b > a, like(a, 1), select(a == b, like(a, 0.5), like(a, 0)));
  }
};

template <>
struct Formula<Fn::kEqual> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return a == b;
  }
};

template <>
struct Formula<Fn::kNotEqual> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return a != b;
  }
};

template <>
struct Formula<Fn::kLess> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return a < b;
  }
};

template <>
struct Formula<Fn::kLessEqual> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return a <= b;
  }
};

template <>
struct Formula<Fn::kGreater> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return a > b;
  }
};

template <>
struct Formula<Fn::kGreaterEqual> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return a >= b;
  }
};

template <>
struct Formula<Fn::kLogicalAnd> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return both(a != like(a, 0), b != like(b, 0));
  }
};

template <>
struct Formula<Fn::kLogicalOr> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return either(a != like(a, 0), b != like(b, 0));
  }
};

template <>
struct Formula<Fn::kLogicalXor> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T a, T b) {
    return (a != like(a, 0)) != (b != like(b, 0));
  }
};

}  // namespace weft::math
