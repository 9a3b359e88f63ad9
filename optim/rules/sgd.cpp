// SPDX-License-Identifier: Apache-2.0
#include "weft/sgd.h"

#include "core/base/check.h"
#include "optim/rules/decay.h"

namespace weft {

Tensor SGD::update(const Numbers& h, const Tensor& p, const Tensor& gradient, RecipeState& s) {
  const Tensor g = detail::with_decay(gradient, h.weight_decay, p);
  if (h.momentum.is_zero()) return p - h.lr * g;
  const Tensor b = h.momentum * s.get("momentum") + g;
  s.set("momentum", b);
  return p - h.lr * (h.nesterov ? g + h.momentum * b : b);
}

void SGD::check() const {
  if (nesterov && momentum == Schedule(0)) fail<ValueError>("sgd", "momentum is 0; it must be positive with nesterov");
}

}  // namespace weft
