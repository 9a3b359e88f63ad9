// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/recipe.h"

namespace weft WEFT_EXPORT {

// The inner recipe with gradients g + strength p: those of a loss with strength / 2 times the sum of all p^2. Still one
// launch if the inner recipe is elementwise. Around SGD and Adam their own weight_decay; AdamW's decay is another
// thing. ValueError in the optimizer unless strength is 0 or more; here if `inner` has an l2() already.
Recipe l2(Recipe inner, double strength);

// The inner recipe with gradients g + strength sign(p): those of a loss with strength times the sum of all |p|. The
// slope at p = 0 is 0, so that a parameter that is 0 moves by its gradient alone. Otherwise as l2().
Recipe l1(Recipe inner, double strength);

// The inner recipe, after which each unit's weights w become w limit / (|w| + 1e-7) if their norm |w| is above the
// limit. A unit is an index of `axis`: a row of Linear's weight (out, in), hence a neuron's incoming weights; -1 is for
// weights (in, out). Parameters of rank 0 and 1, such as biases, stay as the inner recipe leaves them. Norms are f64.
// Result of torch.renorm. Source: Srivastava et al. 2014. Updates one parameter after the other. An ema() goes around
// it. ValueError in the optimizer unless limit is positive and each matrix has the axis; here if `inner` has a
// max_norm() already.
Recipe max_norm(Recipe inner, double limit, int axis = 0);

}  // namespace weft
