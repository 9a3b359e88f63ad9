// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// g += weight_decay p; v = rho v + (1 - rho) g^2; d = sqrt(u + eps) / sqrt(v + eps) g; u = rho u + (1 - rho) d^2;
// p -= lr d. As torch.optim.Adadelta; source: Zeiler 2012.
struct Adadelta {
  Schedule lr = 1.0;                               // rate; negative: ValueError
  double rho = 0.9, eps = 1e-6, weight_decay = 0;  // see the formula; rho outside [0, 1]: ValueError
  WEFT_RECIPE(lr, rho, eps, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // ValueError for a number outside its domain.
  void check() const;
};

}  // namespace weft
