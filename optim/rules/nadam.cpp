// SPDX-License-Identifier: Apache-2.0
#include "weft/nadam.h"

#include "optim/rules/adam_update.h"
#include "optim/rules/decay.h"
#include "optim/rules/domain.h"
#include "weft/elementwise.h"

namespace weft {

Tensor NAdam::update(const Numbers& h, const Tensor& parameter, const Tensor& gradient, RecipeState& s) {
  const auto [p, g] = detail::after_decay(h, parameter, gradient);
  const auto momentum = [&](const Number& t) { return h.beta1 * (1 - 0.5 * pow(0.96, t * h.momentum_decay)); };
  const Number now = momentum(h.t), next = momentum(h.t + 1), product = s.number("mu_product", 1) * now;
  s.set("mu_product", product);
  const detail::Moments m = detail::moments(h, g, s);
  const Tensor step = h.lr * (1 - now) / (1 - product) * g + h.lr * next / (1 - product * next) * m.mean;
  return p - step / (sqrt(m.squares) * detail::correction(h) + h.eps);
}

void NAdam::check() const { detail::check_not_negative("nadam", "momentum_decay", momentum_decay); }

}  // namespace weft
