// SPDX-License-Identifier: Apache-2.0
#include "weft/adamw.h"

#include "optim/rules/adam_update.h"
#include "optim/rules/decay.h"

namespace weft {

Tensor AdamW::update(const Numbers& h, const Tensor& p, const Tensor& g, RecipeState& s) {
  return detail::adam_update(h, detail::decayed(h, p), g, s);
}

}  // namespace weft
