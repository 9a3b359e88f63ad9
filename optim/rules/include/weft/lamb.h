// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// m and v as in Adam; u = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps) + weight_decay p; p -= lr |p| / |u| u,
// with the norms of the parameter; 1 stands for |p| / |u| if either is 0. Source: You et al. 2020.
struct LAMB {
  Schedule lr = 1e-3;                                     // rate; negative: ValueError
  Schedule beta1 = 0.9;                                   // see the formula
  double beta2 = 0.999, eps = 1e-6, weight_decay = 1e-2;  // see the formula
  WEFT_RECIPE(lr, beta1, beta2, eps, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
};

}  // namespace weft
