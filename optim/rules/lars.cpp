// SPDX-License-Identifier: Apache-2.0
#include "weft/lars.h"

#include "optim/rules/decay.h"
#include "optim/rules/domain.h"
#include "weft/elementwise.h"
#include "weft/gradients.h"

namespace weft {

Tensor LARS::update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  const Tensor length = detail::norm_of({p}), slope = detail::norm_of({g});
  const Tensor wanted = h.trust_coefficient * length / (slope + h.weight_decay * length);
  const Tensor ratio = where(logical_and(length > 0, slope > 0), wanted, 1);
  const Tensor step = (h.lr.tensor() * ratio).to(p.dtype()) * detail::with_decay(g, h.weight_decay, p);
  const Tensor b = h.momentum * s.get("momentum") + step;
  s.set("momentum", b);
  return p - b;
}

void LARS::check() const { detail::check_positive("lars", "trust_coefficient", trust_coefficient); }

}  // namespace weft
