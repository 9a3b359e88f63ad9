// SPDX-License-Identifier: Apache-2.0
#include "core/ops/expr.h"

#include "core/ops/build.h"

namespace weft::ops {

Value Ex::value() const {
  if (constant_) return full(*build_, {}, dtype_, *constant_);
  if (!choice_) return value_;
  const Value yes = choice_->yes.value(), no = choice_->no.value();
  return build_->emit(name_of(Fn::kWhere), {choice_->condition, yes, no});
}

Ex apply(Fn fn, std::initializer_list<Ex> arguments) {
  std::vector<Value> inputs;
  for (const Ex& x : arguments) inputs.push_back(x.value());
  Builder& build = arguments.begin()->build();
  return {build, build.emit(name_of(fn), std::move(inputs))};
}

Ex cast(const Ex& x, DType dtype) {
  if (x.constant()) return {x.build(), dtype, *x.constant()};
  return x.dtype() == dtype ? x : Ex(x.build(), cast(x.build(), x.value(), dtype));
}

Ex widened(Builder& build, Value x) { return cast(Ex(build, x), wide(build.dtype(x))); }

Ex operator-(const Ex& x) { return x.constant() ? like(x, -*x.constant()) : apply(Fn::kNegative, {x}); }

Ex operator+(const Ex& a, const Ex& b) {
  if (a.constant() && b.constant()) return like(a, *a.constant() + *b.constant());
  return apply(Fn::kAdd, {a, b});
}

Ex operator-(const Ex& a, const Ex& b) {
  if (a.constant() && b.constant()) return like(a, *a.constant() - *b.constant());
  return apply(Fn::kSubtract, {a, b});
}

Ex select(const Ex& condition, const Ex& a, const Ex& b) {
  const auto is_part = [](const Ex& x) { return x.constant() || x.choice(); };
  if (is_part(a) || is_part(b))
    return {a.build(), a.dtype(), std::make_shared<const Ex::Choice>(Ex::Choice{condition.value(), a, b})};
  return apply(Fn::kWhere, {condition, a, b});
}

namespace {

// The products are chosen from, so that what is not chosen may be infinite.
Ex chosen_multiple(const Ex::Choice& choice, const Ex& x) {
  const auto times = [&](const Ex& factor) { return factor.constant() == 0.0 ? like(x, 0) : x * factor; };
  return select(Ex(x.build(), choice.condition), times(choice.yes), times(choice.no));
}

}  // namespace

Ex operator*(const Ex& a, const Ex& b) {
  if (a.constant() && b.constant()) return like(a, *a.constant() * *b.constant());
  if (a.constant() == 1.0) return b;
  if (b.constant() == 1.0) return a;
  if (a.constant() == -1.0) return -b;
  if (b.constant() == -1.0) return -a;
  if (a.choice()) return chosen_multiple(*a.choice(), b);
  if (b.choice()) return chosen_multiple(*b.choice(), a);
  return apply(Fn::kMultiply, {a, b});
}

Ex operator/(const Ex& a, const Ex& b) {
  if (a.constant() && b.constant()) return like(a, *a.constant() / *b.constant());
  if (b.constant() == 1.0) return a;
  return apply(Fn::kDivide, {a, b});
}

Ex sum(const Ex& x, const ir::Ints& axes) { return {x.build(), sum_keep(x.build(), x.value(), axes)}; }

Ex mean(const Ex& x, const ir::Ints& axes) {
  return {x.build(), x.build().emit("mean", {x.value()}, {{"axes", axes}, {"keep", true}})};
}

Ex reshape(const Ex& x, const Shape& shape) { return {x.build(), reshape(x.build(), x.value(), shape)}; }

}  // namespace weft::ops
