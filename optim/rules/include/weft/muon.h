// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// Factor of Muon's rate for a matrix of r rows and c columns.
enum class MuonRate : std::uint8_t {
  kOriginal,          // sqrt(max(1, r / c))
  kMatchRmsAdamW,     // sqrt(max(r, c)) / 5: steps as long as AdamW's
  kSpectralUnclamped  // sqrt(r / c)
};

// For matrices, such as the weights of hidden layers: b += (1 - momentum) (g - b); u = nesterov ? g + momentum (b - g)
// : b, made nearly orthogonal by ns_steps times x = a x + (b x x^T + c (x x^T)^2) x from u / |u|, with (a, b, c) =
// (ns_a, ns_b, ns_c); p *= 1 - lr weight_decay; p -= lr f u, where f is the factor that adjust_lr names. As
// torch.optim.Muon, except that products are in the dtype of the update instead of bf16; source: Jordan et al. 2024.
struct Muon {
  Schedule lr = 1e-3;                                   // rate; negative: ValueError
  double weight_decay = 0.1;                            // see the formula
  Schedule momentum = 0.95;                             // see the formula
  bool nesterov = true;                                 // looks one step ahead
  double ns_a = 3.4445, ns_b = -4.7750, ns_c = 2.0315;  // see the formula
  double eps = 1e-7;                                    // least |u|
  int ns_steps = 5;                                     // from 0 to 99, else ValueError
  MuonRate adjust_lr = MuonRate::kOriginal;             // see MuonRate
  WEFT_RECIPE(lr, weight_decay, momentum, nesterov, ns_a, ns_b, ns_c, eps, ns_steps, adjust_lr)

  static Tensor update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s);
  // ValueError for a number outside its domain.
  void check() const;
  // ValueError unless the parameter is a matrix.
  void check_shape(const Shape& parameter) const;
};

}  // namespace weft
