// SPDX-License-Identifier: Apache-2.0
#include "weft/adamax.h"

#include "optim/rules/decay.h"
#include "weft/elementwise.h"

namespace weft {

Tensor Adamax::update(const Numbers& h, const Tensor& p, const Tensor& gradient, RecipeState& s) {
  const Tensor g = detail::with_decay(gradient, h.weight_decay, p);
  const Tensor before = s.get("first_moment"), mean = before + (1 - h.beta1) * (g - before);
  const Tensor largest = maximum(h.beta2 * s.get("largest"), abs(g) + h.eps);
  s.set("first_moment", mean);
  s.set("largest", largest);
  return p - h.lr / (1 - pow(h.beta1, h.t)) * mean / largest;
}

}  // namespace weft
