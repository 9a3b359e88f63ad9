// SPDX-License-Identifier: Apache-2.0
#include "weft/adamw.h"

#include "optim/rules/adam_update.h"

namespace weft {

Tensor AdamW::update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  const Tensor decayed = h.weight_decay.is_zero() ? p : p * (1 - h.weight_decay * h.lr);
  return detail::adam_update(h, decayed, g, s);
}

}  // namespace weft
