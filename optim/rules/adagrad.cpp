// SPDX-License-Identifier: Apache-2.0
#include "weft/adagrad.h"

#include "optim/rules/decay.h"
#include "optim/rules/domain.h"
#include "weft/elementwise.h"

namespace weft {

Tensor Adagrad::update(const Numbers& h, const Tensor& p, const Tensor& gradient, RecipeState& s) {
  const Tensor g = detail::with_decay(gradient, h.weight_decay, p);
  const Tensor sum = s.get("sum") + square(g);
  s.set("sum", sum);
  const Tensor squares = h.initial_accumulator_value.is_zero() ? sum : sum + h.initial_accumulator_value;
  return p - h.lr / (1 + (h.t - 1) * h.lr_decay) * g / (sqrt(squares) + h.eps);
}

void Adagrad::check() const {
  detail::check_not_negative("adagrad", "lr_decay", lr_decay);
  detail::check_not_negative("adagrad", "initial_accumulator_value", initial_accumulator_value);
}

}  // namespace weft
