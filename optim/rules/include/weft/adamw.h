// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// Adam whose decay is p *= 1 - lr weight_decay instead. As torch.optim.AdamW; source: Loshchilov and Hutter 2019.
struct AdamW {
  Schedule lr = 1e-3;                                     // rate; negative: ValueError
  Schedule beta1 = 0.9;                                   // see the formula
  double beta2 = 0.999, eps = 1e-8, weight_decay = 1e-2;  // see the formula
  bool amsgrad = false;                                   // as in Adam
  WEFT_RECIPE(lr, beta1, beta2, eps, weight_decay, amsgrad)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
};

}  // namespace weft
