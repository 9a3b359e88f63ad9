// SPDX-License-Identifier: Apache-2.0
#include "weft/adam.h"

#include "optim/rules/adam_update.h"
#include "optim/rules/decay.h"

namespace weft {

Tensor Adam::update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  return detail::adam_update(h, p, detail::with_decay(g, h.weight_decay, p), s);
}

}  // namespace weft
