// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// b = momentum b + lr c (g + weight_decay p), where c = trust_coefficient |p| / (|g| + weight_decay |p|) with the norms
// of the parameter, or 1 if |p| or |g| is 0; p -= b. Source: You et al. 2017.
struct LARS {
  Schedule lr = 0.1;                // rate; negative: ValueError
  Schedule momentum = 0.9;          // see the formula
  double weight_decay = 1e-4;       // see the formula
  double trust_coefficient = 1e-3;  // 0 or less: ValueError
  WEFT_RECIPE(lr, momentum, weight_decay, trust_coefficient)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // ValueError for a number outside its domain.
  void check() const;
};

}  // namespace weft
