// SPDX-License-Identifier: Apache-2.0
#include "weft/radam.h"

#include "optim/rules/adam_update.h"
#include "optim/rules/decay.h"
#include "weft/elementwise.h"

namespace weft {

Tensor RAdam::update(const Numbers& h, const Tensor& parameter, const Tensor& gradient, RecipeState& s) {
  const auto [p, g] = detail::after_decay(h, parameter, gradient);
  const detail::Moments m = detail::moments(h, g, s);
  const Number left = 1 - pow(h.beta2, h.t), most = 2 / (1 - h.beta2) - 1;
  const Number length = most - 2 * h.t * (1 - left) / left;
  const Number variance = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length);
  const Tensor factor = where(greater(length.like(p), 5), sqrt(variance * left) / (sqrt(m.squares) + h.eps), 1);
  return p - h.lr / (1 - pow(h.beta1, h.t)) * m.mean * factor;
}

}  // namespace weft
