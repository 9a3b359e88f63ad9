// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// The inner recipe, and an exponential mean of the parameters for inference: a = p after the first update, then
// a = decay a + (1 - decay) p. Still one launch if the inner recipe is elementwise. EvaluationScope shows the mean. As
// torch.optim.swa_utils.AveragedModel with get_ema_multi_avg_fn(); source: Polyak and Juditsky 1992. ValueError in the
// optimizer unless 0 <= decay < 1; here if `inner` has an ema() already.
Recipe ema(Recipe inner, double decay);

}  // namespace weft
