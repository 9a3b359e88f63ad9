// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// Adam's second moment of matrices, kept as a mean per row and per column of the last two axes: w = t^beta2_decay;
// row += w (mean(g^2, -1) - row); column += w (mean(g^2, -2) - column); v = row column / max(mean(row), eps1).
// Parameters of fewer axes keep v += w (g^2 - v). u = g / sqrt(max(v, eps1^2)); a = max(eps2, rms(p)) min(lr, 1 /
// sqrt(t)); p *= 1 - lr weight_decay; p -= a / max(1, rms(u) / d) u, where rms is the root of the mean square over the
// parameter. As torch.optim.Adafactor on f32, whose eps1 is f32's epsilon; source: Shazeer and Stern 2018.
struct Adafactor {
  Schedule lr = 1e-2;                  // largest rate relative to rms(p); negative: ValueError
  double beta2_decay = -0.8;           // positive: ValueError
  double eps1 = 0x1p-23, eps2 = 1e-3;  // see the formula
  double d = 1;                        // clipping threshold of rms(u); below 1: ValueError
  double weight_decay = 0;             // see the formula
  WEFT_RECIPE(lr, beta2_decay, eps1, eps2, d, weight_decay)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // ValueError for a number outside its domain.
  void check() const;
};

}  // namespace weft
