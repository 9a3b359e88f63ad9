// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <memory>
#include <optional>

#include "core/ops/op.h"
#include "weft/fn.h"

// The number type that builds graphs: instantiated with Ex, a formula adds nodes instead of computing. Derivatives of
// elementwise functions and decompositions are made with Ex.
namespace weft::ops {

// A value of a graph, a constant, or a choice of which a part is a constant; value() makes nodes of constants and
// choices. A value is undefined if a gradient rule did not ask for it: only dtype() may then be used, any node made of
// it throws.
class Ex {
 public:
  struct Choice;

  Ex(Builder& build, Value value) : build_(&build), value_(value), dtype_(build.dtype(value)) {}
  Ex(Builder& build, Value value, DType dtype) : build_(&build), value_(value), dtype_(dtype) {}
  Ex(Builder& build, DType dtype, double constant) : build_(&build), dtype_(dtype), constant_(constant) {}
  Ex(Builder& build, DType dtype, std::shared_ptr<const Choice> choice)
      : build_(&build), dtype_(dtype), choice_(std::move(choice)) {}

  Builder& build() const { return *build_; }
  DType dtype() const { return dtype_; }
  // The constant, which operators fold: a slope of 1 costs nothing.
  const std::optional<double>& constant() const { return constant_; }
  // The choice, or null. x times a choice of 2 or 0 is a choice of x * 2 or 0, because inf * 0 would be NaN.
  const Choice* choice() const { return choice_.get(); }
  // The value in the graph; a constant is added as `full` of shape ().
  Value value() const;

 private:
  Builder* build_;
  Value value_{};
  DType dtype_;
  std::optional<double> constant_{};
  std::shared_ptr<const Choice> choice_{};
};

// `condition ? yes : no`. The parts may be choices, too: 1 above a tie, 0.5 at it, 0 below.
struct Ex::Choice {
  Value condition;
  Ex yes, no;
};

// The node of an elementwise function.
Ex apply(Fn fn, std::initializer_list<Ex> arguments);
// A constant of x's dtype.
inline Ex like(const Ex& x, double value) { return {x.build(), x.dtype(), value}; }
// x cast to the dtype; x itself if it has that dtype already.
Ex cast(const Ex& x, DType dtype);
// x as f32 if it is f16 or bf16, because kernels compute those in f32; else x itself.
Ex widened(Builder& build, Value x);

Ex operator-(const Ex& x);
Ex operator+(const Ex& a, const Ex& b);
Ex operator-(const Ex& a, const Ex& b);
Ex operator*(const Ex& a, const Ex& b);
Ex operator/(const Ex& a, const Ex& b);

// Every function under its own name, so that a formula finds it by argument-dependent lookup.
#define WEFT_EX(Name, name) \
  inline Ex name(const Ex& x) { return apply(Fn::k##Name, {x}); }
WEFT_UNARY_FNS(WEFT_EX)
#undef WEFT_EX
#define WEFT_EX(Name, name) \
  inline Ex name(const Ex& a, const Ex& b) { return apply(Fn::k##Name, {a, b}); }
WEFT_BINARY_FNS(WEFT_EX)
#undef WEFT_EX
#define WEFT_EX(Name, name) \
  inline Ex name(const Ex& a, const Ex& b, const Ex& c) { return apply(Fn::k##Name, {a, b, c}); }
WEFT_EX(Fma, fma)
WEFT_EX(Clamp, clamp)
#undef WEFT_EX

Ex select(const Ex& condition, const Ex& a, const Ex& b);
inline Ex operator==(const Ex& a, const Ex& b) { return equal(a, b); }
inline Ex operator!=(const Ex& a, const Ex& b) { return not_equal(a, b); }
inline Ex operator<(const Ex& a, const Ex& b) { return less(a, b); }
inline Ex operator<=(const Ex& a, const Ex& b) { return less_equal(a, b); }
inline Ex operator>(const Ex& a, const Ex& b) { return greater(a, b); }
inline Ex operator>=(const Ex& a, const Ex& b) { return greater_equal(a, b); }
inline Ex operator!(const Ex& a) { return logical_not(a); }
inline Ex operator&&(const Ex& a, const Ex& b) { return logical_and(a, b); }
inline Ex operator||(const Ex& a, const Ex& b) { return logical_or(a, b); }

// Ops that are not elementwise, for decompositions; `axes` ascend and stay with size 1.
Ex sum(const Ex& x, const ir::Ints& axes);
Ex mean(const Ex& x, const ir::Ints& axes);
Ex reshape(const Ex& x, const Shape& shape);

}  // namespace weft::ops
