// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <initializer_list>
#include <optional>

#include "core/ops/op.h"
#include "weft/fn.h"

// The number type that builds graphs: instantiated with Ex, a formula adds nodes instead of computing. All derivatives
// of elementwise functions come about so, and decompositions are written with it.
namespace weft::ops {

// One value of a graph, or a constant, or a choice between two constants, which become nodes when those are needed. The
// value may be undefined (a gradient rule did not ask for it): then only its dtype may be used, and anything else
// throws.
class Ex {
 public:
  struct Choice {
    Value condition;
    double yes, no;
  };

  Ex(Builder& build, Value value) : build_(&build), value_(value), dtype_(build.dtype(value)) {}
  Ex(Builder& build, Value value, DType dtype) : build_(&build), value_(value), dtype_(dtype) {}
  Ex(Builder& build, DType dtype, double constant) : build_(&build), dtype_(dtype), constant_(constant) {}

  Ex(Builder& build, DType dtype, Choice choice) : build_(&build), dtype_(dtype), choice_(choice) {}

  Builder& build() const { return *build_; }
  DType dtype() const { return dtype_; }
  // Known numbers are folded: a slope of 1 costs nothing.
  const std::optional<double>& constant() const { return constant_; }
  // Multiplying by a choice chooses between two multiples, so that an infinite factor meets no zero.
  const std::optional<Choice>& choice() const { return choice_; }
  // The value in the graph; a constant is added as `full` of shape ().
  Value value() const;

 private:
  Builder* build_;
  Value value_{};
  DType dtype_;
  std::optional<double> constant_{};
  std::optional<Choice> choice_{};
};

// The node of an elementwise function.
Ex apply(Fn fn, std::initializer_list<Ex> arguments);
// A number of x's dtype.
inline Ex like(const Ex& x, double value) { return {x.build(), x.dtype(), value}; }
// A node only where the dtype changes.
Ex cast(const Ex& x, DType dtype);
// As in the kernels, half types are computed with in f32: x as f32 where it is f16 or bf16.
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

// Not elementwise, for decompositions; `axes` ascend and stay with size 1.
Ex sum(const Ex& x, const ir::Ints& axes);
Ex mean(const Ex& x, const ir::Ints& axes);
Ex reshape(const Ex& x, const Shape& shape);

}  // namespace weft::ops
