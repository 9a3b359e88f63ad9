// SPDX-License-Identifier: Apache-2.0
#include "weft/adadelta.h"

#include "optim/rules/decay.h"
#include "optim/rules/domain.h"
#include "weft/elementwise.h"

namespace weft {

Tensor Adadelta::update(const Numbers& h, const Tensor& p, const Tensor& gradient, RecipeState& s) {
  const Tensor g = detail::with_decay(gradient, h.weight_decay, p);
  const Tensor squares = h.rho * s.get("squares") + (1 - h.rho) * square(g), steps = s.get("squared_steps");
  // One root, because roots and divisions are the slowest part of the update.
  const Tensor step = sqrt((steps + h.eps) / (squares + h.eps)) * g;
  s.set("squares", squares);
  s.set("squared_steps", h.rho * steps + (1 - h.rho) * square(step));
  return p - h.lr * step;
}

void Adadelta::check() const { detail::check_share("adadelta", "rho", rho); }

}  // namespace weft
