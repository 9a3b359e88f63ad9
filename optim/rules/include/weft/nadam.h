// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// m and v as in Adam; mu(t) = beta1 (1 - 0.96^(t momentum_decay) / 2); M(t) = mu(1) mu(2) ... mu(t);
// p -= lr ((1 - mu(t)) / (1 - M(t)) g + mu(t + 1) / (1 - M(t + 1)) m) / (sqrt(v) / sqrt(1 - beta2^t) + eps). The decay
// is Adam's, or with decoupled_weight_decay that of AdamW. As torch.optim.NAdam; source: Dozat 2016.
struct NAdam {
  Schedule lr = 2e-3;                                  // rate; negative: ValueError
  Schedule beta1 = 0.9;                                // see the formula
  double beta2 = 0.999, eps = 1e-8, weight_decay = 0;  // see the formula
  double momentum_decay = 4e-3;                        // 0 or more, else ValueError
  bool decoupled_weight_decay = false;                 // true: p *= 1 - lr weight_decay
  WEFT_RECIPE(lr, beta1, beta2, eps, weight_decay, momentum_decay, decoupled_weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // ValueError for a number outside its domain.
  void check() const;
};

}  // namespace weft
