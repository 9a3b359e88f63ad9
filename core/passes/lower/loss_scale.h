// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Moves the factor of a cross entropy's gradient, 1 / rows of a mean or a loss scale, into the op. The factor must be
// one number, or one per row, and the product with it the gradient's only reader. Row weights, whose sum a mean divides
// by, are then computed from the labels, because the factor must be known before the op runs.
ir::Graph fold_loss_scale(const ir::Graph& graph);

}  // namespace weft::passes
