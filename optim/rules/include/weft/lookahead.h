// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// The inner recipe, taken back after every `steps` updates to s += alpha (p - s), p = s, where s begins at p. Still one
// launch if the inner recipe is elementwise. Source: Zhang et al. 2019. ValueError in the optimizer unless steps is
// positive and alpha in [0, 1]; here if `inner` has a lookahead() already.
Recipe lookahead(Recipe inner, std::int64_t steps = 5, double alpha = 0.5);

}  // namespace weft
