// SPDX-License-Identifier: Apache-2.0
#include "weft/rmsprop.h"

#include "optim/rules/decay.h"
#include "optim/rules/domain.h"
#include "weft/elementwise.h"

namespace weft {

Tensor RMSprop::update(const Numbers& h, const Tensor& p, const Tensor& gradient, RecipeState& s) {
  const Tensor g = detail::with_decay(gradient, h.weight_decay, p);
  const Tensor squares = h.alpha * s.get("squares") + (1 - h.alpha) * square(g);
  s.set("squares", squares);
  Tensor spread = squares;
  if (h.centered) {
    const Tensor before = s.get("mean"), mean = before + (1 - h.alpha) * (g - before);
    s.set("mean", mean);
    spread = maximum(squares - square(mean), 0.0);  // rounding may make the difference negative
  }
  const Tensor direction = g / (sqrt(spread) + h.eps);
  if (h.momentum.is_zero()) return p - h.lr * direction;
  const Tensor b = h.momentum * s.get("momentum") + direction;
  s.set("momentum", b);
  return p - h.lr * b;
}

void RMSprop::check() const { detail::check_share("rmsprop", "alpha", alpha); }

}  // namespace weft
