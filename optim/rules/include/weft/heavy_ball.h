// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// g += weight_decay p; d = momentum d - lr g; p += d. d is p(t) - p(t-1), so that a change of lr leaves the steps made
// before as they are; in SGD it scales them, too. Source: Polyak 1964.
struct HeavyBall {
  Schedule lr = 1e-2;       // rate; negative: ValueError
  Schedule momentum = 0.9;  // share of the last step that is made again
  double weight_decay = 0;  // L2 penalty, added to the gradient
  WEFT_RECIPE(lr, momentum, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
};

}  // namespace weft
