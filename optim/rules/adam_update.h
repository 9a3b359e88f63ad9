// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/elementwise.h"
#include "weft/recipe.h"

namespace weft::detail {

// The common part of Adam and AdamW: the update of a gradient and a parameter after weight decay.
template <class Numbers>
Tensor adam_update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  const Tensor mean = s.get("first_moment"), squares = s.get("second_moment");
  const Tensor m = mean + (1 - h.beta1) * (g - mean);
  const Tensor v = h.beta2 * squares + (1 - h.beta2) * square(g);
  const Number step_size = h.lr / (1 - pow(h.beta1, h.t));
  // A factor, because a division per element would be the slowest part of the update.
  const Number correction = 1 / sqrt(1 - pow(h.beta2, h.t));
  s.set("first_moment", m);
  s.set("second_moment", v);
  return p - step_size * m / (sqrt(v) * correction + h.eps);
}

}  // namespace weft::detail
