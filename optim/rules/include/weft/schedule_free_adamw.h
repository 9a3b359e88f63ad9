// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// AdamW that needs no falling rate. Gradients are taken at y, the parameter, between a fast point z and the average x
// of the z: y = (1 - beta1) z + beta1 x. v as in Adam; d = g / (sqrt(v) / sqrt(1 - beta2^t) + eps) + weight_decay y; z
// -= lr d; x += c (z - x), where c is the share of t^r (largest lr so far)^weight_lr_power in the sum of all so far. x
// is for inference. Source: Defazio et al. 2024.
struct ScheduleFreeAdamW {
  Schedule lr = 2.5e-3;                                             // rate; a warmup is enough; negative: ValueError
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;  // beta1 0: ValueError
  double r = 0, weight_lr_power = 2;                                // see the formula
  WEFT_RECIPE(lr, beta1, beta2, eps, weight_decay, r, weight_lr_power)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // x = y + (1 - 1 / beta1) (z - y).
  [[nodiscard]] static Tensor evaluation(const Numbers& h, const Tensor& y, RecipeState& s);
  // ValueError for a number outside its domain.
  void check() const;
};

}  // namespace weft
