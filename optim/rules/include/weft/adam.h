// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// g += weight_decay p; m += (1 - beta1) (g - m); v = beta2 v + (1 - beta2) g^2;
// p -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps). As torch.optim.Adam; source: Kingma and Ba 2015.
// With amsgrad the largest v so far stands for v in p's formula; source: Reddi et al. 2018.
struct Adam {
  Schedule lr = 1e-3;                                  // rate; negative: ValueError
  Schedule beta1 = 0.9;                                // see the formula
  double beta2 = 0.999, eps = 1e-8, weight_decay = 0;  // see the formula
  bool amsgrad = false;                                // AMSGrad
  WEFT_RECIPE(lr, beta1, beta2, eps, weight_decay, amsgrad)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
};

}  // namespace weft
