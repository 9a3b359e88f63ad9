// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/elementwise.h"
#include "weft/recipe.h"

namespace weft::detail {

// Adam's running means of the gradient and of its square.
struct Moments {
  Tensor mean, squares;
};

// The moments after this gradient.
template <class Numbers>
Moments moments(const Numbers& h, const Tensor& g, RecipeState& s) {
  const Tensor mean = s.get("first_moment"), squares = s.get("second_moment");
  Moments next{mean + (1 - h.beta1) * (g - mean), h.beta2 * squares + (1 - h.beta2) * square(g)};
  s.set("first_moment", next.mean);
  s.set("second_moment", next.squares);
  return next;
}

// 1 / sqrt(1 - beta2^t). A factor, because a division per element would be the slowest part of the update.
template <class Numbers>
Number correction(const Numbers& h) {
  return 1 / sqrt(1 - pow(h.beta2, h.t));
}

// The common part of Adam and AdamW: the update of a gradient and a parameter after weight decay.
template <class Numbers>
Tensor adam_update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  const Moments m = moments(h, g, s);
  Tensor squares = m.squares;
  if (h.amsgrad) {
    squares = maximum(s.get("largest_second_moment"), squares);
    s.set("largest_second_moment", squares);
  }
  const Number step_size = h.lr / (1 - pow(h.beta1, h.t));
  return p - step_size * m.mean / (sqrt(squares) * correction(h) + h.eps);
}

}  // namespace weft::detail
