// SPDX-License-Identifier: Apache-2.0
#include "weft/lion.h"

#include "optim/rules/decay.h"
#include "weft/elementwise.h"

namespace weft {

Tensor Lion::update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  const Tensor m = s.get("momentum");
  s.set("momentum", h.beta2 * m + (1 - h.beta2) * g);
  return detail::decayed(h, p) - h.lr * sign(h.beta1 * m + (1 - h.beta1) * g);
}

}  // namespace weft
