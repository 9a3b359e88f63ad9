// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// p -= lr (sign(beta1 m + (1 - beta1) g) + weight_decay p); m = beta2 m + (1 - beta2) g. Source: Chen et al. 2023.
struct Lion {
  Schedule lr = 1e-4;                     // rate; negative: ValueError
  Schedule beta1 = 0.9;                   // see the formula
  double beta2 = 0.99, weight_decay = 0;  // see the formula
  WEFT_RECIPE(lr, beta1, beta2, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
};

}  // namespace weft
