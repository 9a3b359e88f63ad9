// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// g += weight_decay p; m += (1 - beta1) (g - m); u = max(beta2 u, |g| + eps); p -= lr / (1 - beta1^t) m / u. As
// torch.optim.Adamax; source: Kingma and Ba 2015.
struct Adamax {
  Schedule lr = 2e-3;                                  // rate; negative: ValueError
  Schedule beta1 = 0.9;                                // see the formula
  double beta2 = 0.999, eps = 1e-8, weight_decay = 0;  // see the formula
  WEFT_RECIPE(lr, beta1, beta2, eps, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
};

}  // namespace weft
