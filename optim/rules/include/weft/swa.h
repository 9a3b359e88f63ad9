// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// The inner recipe, and the mean of the parameters after updates `start`, start + every, ... for inference; before
// `start` the parameters themselves. Still one launch if the inner recipe is elementwise. EvaluationScope shows the
// mean. As torch.optim.swa_utils.AveragedModel; source: Izmailov et al. 2018. ValueError in the optimizer unless start
// and every are positive; here if `inner` has an swa() already.
Recipe swa(Recipe inner, std::int64_t start, std::int64_t every);

}  // namespace weft
