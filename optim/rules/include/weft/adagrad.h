// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// g += weight_decay p; s += g^2; p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps), where s begins at
// initial_accumulator_value. As torch.optim.Adagrad; source: Duchi et al. 2011.
struct Adagrad {
  Schedule lr = 1e-2;                    // rate; negative: ValueError
  double lr_decay = 0;                   // 0 or more, else ValueError; likewise initial_accumulator_value
  double weight_decay = 0;               // L2 penalty, added to the gradient
  double initial_accumulator_value = 0;  // see the formula
  double eps = 1e-10;                    // see the formula
  WEFT_RECIPE(lr, lr_decay, weight_decay, initial_accumulator_value, eps)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // ValueError for a number outside its domain.
  void check() const;
};

}  // namespace weft
