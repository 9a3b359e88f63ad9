// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// g += weight_decay p; b = momentum b + g; p -= lr (nesterov ? g + momentum b : b). As torch.optim.SGD.
struct SGD {
  Schedule lr = 1e-2;       // rate; negative: ValueError
  Schedule momentum = 0;    // share of b that is kept; the number 0: no state
  bool nesterov = false;    // looks one step ahead
  double weight_decay = 0;  // L2 penalty, added to the gradient
  WEFT_RECIPE(lr, momentum, nesterov, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // ValueError if nesterov is set without momentum.
  // ValueError for a number outside its domain.
  void check() const;
};

}  // namespace weft
