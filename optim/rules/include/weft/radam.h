// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// m and v as in Adam; r = 2 / (1 - beta2) - 1; r(t) = r - 2 t beta2^t / (1 - beta2^t); p -= lr / (1 - beta1^t) m c,
// where c = sqrt((r(t) - 4) (r(t) - 2) r / ((r - 4) (r - 2) r(t))) sqrt(1 - beta2^t) / (sqrt(v) + eps) if r(t) > 5,
// else 1. The decay is Adam's, or with decoupled_weight_decay that of AdamW. As torch.optim.RAdam; source: Liu et al.
// 2020.
struct RAdam {
  Schedule lr = 1e-3;                                  // rate; negative: ValueError
  Schedule beta1 = 0.9;                                // see the formula
  double beta2 = 0.999, eps = 1e-8, weight_decay = 0;  // see the formula
  bool decoupled_weight_decay = false;                 // true: p *= 1 - lr weight_decay
  WEFT_RECIPE(lr, beta1, beta2, eps, weight_decay, decoupled_weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
};

}  // namespace weft
