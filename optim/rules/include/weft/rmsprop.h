// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// g += weight_decay p; v = alpha v + (1 - alpha) g^2; a = alpha a + (1 - alpha) g; b = momentum b + g / (sqrt(v - a^2)
// + eps); p -= lr b. Without `centered` there is no a. As torch.optim.RMSprop; source: Hinton 2012, Graves 2013.
struct RMSprop {
  Schedule lr = 1e-2;                                 // rate; negative: ValueError
  double alpha = 0.99, eps = 1e-8, weight_decay = 0;  // alpha outside [0, 1]: ValueError
  Schedule momentum = 0;                              // share of b that is kept; the number 0: no state
  bool centered = false;                              // true: divides by the deviation
  WEFT_RECIPE(lr, alpha, eps, weight_decay, momentum, centered)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // ValueError for a number outside its domain.
  void check() const;
};

}  // namespace weft
