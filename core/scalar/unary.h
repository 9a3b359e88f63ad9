// SPDX-License-Identifier: Apache-2.0
#pragma once

// Functions of one argument; see elementwise.h, which includes this file.
namespace weft::math {

template <>
struct Formula<Fn::kNegative> : Smooth<SlopeReads::kNothing, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T x) {
    return negated(x);
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return like(y, -1);
  }
};

template <>
struct Formula<Fn::kAbs> : Smooth<SlopeReads::kInputs, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T x) {
    return abs(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return select(x > like(x, 0), like(x, 1), select(x < like(x, 0), like(x, -1), like(x, 0)));
  }
};

template <>
struct Formula<Fn::kSign> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T x) {
    return static_cast<T>((x > like(x, 0)) - (x < like(x, 0)));
  }
};

template <>
struct Formula<Fn::kFloor> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T x) {
    return floor(x);
  }
};

template <>
struct Formula<Fn::kCeil> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T x) {
    return ceil(x);
  }
};

template <>
struct Formula<Fn::kRound> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T x) {
    return round(x);
  }
};

template <>
struct Formula<Fn::kSquare> : Smooth<SlopeReads::kInputs, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T x) {
    return times(x, x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return x + x;
  }
};

template <>
struct Formula<Fn::kSqrt> : Smooth<SlopeReads::kOutput>, Exact<1> {
  static constexpr Domain domain = kPositive;
  static constexpr bool steep = true;
  template <class T>
  WEFT_HD static T value(T x) {
    return sqrt(x);
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return like(y, 0.5) / y;
  }
};

template <>
struct Formula<Fn::kRsqrt> : Smooth<SlopeReads::kOutput>, WideRange<1> {
  static constexpr Domain domain = kPositive;
  template <class T>
  WEFT_HD static T value(T x) {
    return rsqrt(x);
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return like(y, -0.5) * y * y * y;
  }
};

template <>
struct Formula<Fn::kExp> : Smooth<SlopeReads::kOutput>, WideRange<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return exp(x);
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return y;
  }
};

template <>
struct Formula<Fn::kExpm1> : Smooth<SlopeReads::kOutput>, WideRange<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return expm1(x);
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return y + like(y, 1);
  }
};

template <>
struct Formula<Fn::kLog> : Smooth<SlopeReads::kInputs>, WideRange<kTranscendental> {
  static constexpr Domain domain = kPositive;
  static constexpr bool steep = true;
  template <class T>
  WEFT_HD static T value(T x) {
    return log(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return like(x, 1) / x;
  }
};

template <>
struct Formula<Fn::kLog1p> : Smooth<SlopeReads::kInputs>, WideRange<kTranscendental> {
  static constexpr Domain domain{-1, 3e38};
  template <class T>
  WEFT_HD static T value(T x) {
    return log1p(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return like(x, 1) / (like(x, 1) + x);
  }
};

template <>
struct Formula<Fn::kSin> : Smooth<SlopeReads::kInputs>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return sin(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return cos(x);
  }
};

template <>
struct Formula<Fn::kCos> : Smooth<SlopeReads::kInputs>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return cos(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return -sin(x);
  }
};

template <>
struct Formula<Fn::kTanh> : Smooth<SlopeReads::kOutput>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return tanh(x);
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return like(y, 1) - y * y;
  }
};

// The slope is 2 / sqrt(pi) e^(-x^2).
template <>
struct Formula<Fn::kErf> : Smooth<SlopeReads::kInputs>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return erf(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return like(x, 1.1283791670955126) * exp(-(x * x));
  }
};

// Phi(x), the integral of the density.
template <>
struct Formula<Fn::kNormalCdf> : Smooth<SlopeReads::kInputs>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return normal_cdf(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return normal_pdf(x);
  }
};

// phi(x) = e^(-x^2 / 2) / sqrt(2 pi).
template <>
struct Formula<Fn::kNormalPdf> : Smooth<SlopeReads::kBoth>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return normal_pdf(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T y) {
    return -(x * y);
  }
};

// Written with e^-|x|, which never overflows.
template <>
struct Formula<Fn::kSigmoid> : Smooth<SlopeReads::kOutput>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    const T z = exp(-abs(x));
    return over_one_plus(select(x >= like(x, 0), like(x, 1), z), z);
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return y * (like(y, 1) - y);
  }
};

template <>
struct Formula<Fn::kSoftplus> : Smooth<SlopeReads::kInputs>, WideRange<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return select(x > like(x, 0), x, like(x, 0)) + log1p(exp(-abs(x)));
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return sigmoid(x);
  }
};

template <>
struct Formula<Fn::kRelu> : Smooth<SlopeReads::kOutput, true>, Exact<1> {
  template <class T>
  WEFT_HD static T value(T x) {
    return select(x > like(x, 0) || x != x, x, like(x, 0));
  }
  template <class T>
  WEFT_HD static T slope(T, T y) {
    return select(y > like(y, 0), like(y, 1), like(y, 0));
  }
};

// x Phi(x) (Hendrycks and Gimpel 2016); the slope is Phi(x) + x phi(x).
template <>
struct Formula<Fn::kGelu> : Smooth<SlopeReads::kInputs>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return gelu(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    return normal_cdf(x) + x * normal_pdf(x);
  }
};

// The tanh approximation: u = sqrt(2 / pi) (x + 0.044715 x^3).
template <>
struct Formula<Fn::kGeluTanh> : Smooth<SlopeReads::kInputs>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    const T u = like(x, 0.7978845608028654) * (x + like(x, 0.044715) * x * x * x);
    return like(x, 0.5) * x * (like(x, 1) + tanh(u));
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    const T t = tanh(like(x, 0.7978845608028654) * (x + like(x, 0.044715) * x * x * x));
    const T du = like(x, 0.7978845608028654) * (like(x, 1) + like(x, 0.134145) * x * x);
    return like(x, 0.5) * (like(x, 1) + t) + like(x, 0.5) * x * (like(x, 1) - t * t) * du;
  }
};

template <>
struct Formula<Fn::kSilu> : Smooth<SlopeReads::kInputs>, Rounded<kTranscendental> {
  template <class T>
  WEFT_HD static T value(T x) {
    return x * Formula<Fn::kSigmoid>::value(x);
  }
  template <class T>
  WEFT_HD static T slope(T x, T) {
    const T s = sigmoid(x);
    return s * (like(x, 1) + x * (like(x, 1) - s));
  }
};

template <>
struct Formula<Fn::kLogicalNot> : Flat<true>, Exact<1> {
  template <class T>
  WEFT_HD static bool value(T x) {
    return x == like(x, 0);
  }
};

}  // namespace weft::math
