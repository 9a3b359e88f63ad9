// SPDX-License-Identifier: Apache-2.0
#include "weft/lamb.h"

#include "optim/rules/adam_update.h"
#include "weft/elementwise.h"
#include "weft/gradients.h"

namespace weft {

Tensor LAMB::update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  const detail::Moments m = detail::moments(h, g, s);
  const Tensor mean = 1 / (1 - pow(h.beta1, h.t)) * m.mean;
  const Tensor direction = mean / (sqrt(m.squares) * detail::correction(h) + h.eps) + h.weight_decay * p;
  const Tensor length = detail::norm_of({p}), wanted = detail::norm_of({direction});
  const Tensor ratio = where(logical_and(length > 0, wanted > 0), length / wanted, 1);
  return p - (h.lr.tensor() * ratio).to(p.dtype()) * direction;
}

}  // namespace weft
