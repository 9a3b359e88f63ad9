// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// The inner recipe with gradients g + N(0, eta / t^gamma), where t is the number of the update from 1. Draws come from
// the generator at hand, as those of dropout(). Still one launch if the inner recipe is elementwise. Source:
// Neelakantan et al. 2015. ValueError in the optimizer unless eta and gamma are 0 or more; here if `inner` has a
// gradient_noise() already.
Recipe gradient_noise(Recipe inner, double eta, double gamma = 0.55);

}  // namespace weft
