// SPDX-License-Identifier: Apache-2.0
#include "weft/heavy_ball.h"

#include "optim/rules/decay.h"
#include "weft/elementwise.h"

namespace weft {

Tensor HeavyBall::update(const Numbers& h, const Tensor& p, const Tensor& gradient, RecipeState& s) {
  const Tensor step = h.momentum * s.get("step") - h.lr * detail::with_decay(gradient, h.weight_decay, p);
  s.set("step", step);
  return p + step;
}

}  // namespace weft
