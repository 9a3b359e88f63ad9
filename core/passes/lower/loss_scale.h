// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// A cross entropy writes its gradient already multiplied by what a mean divides by, or a loss scale: where a product
// with one number, or one per row, is all that reads the gradient, the op takes that factor. The weights of the rows,
// which a mean adds up, are then computed from the labels, so that the factor is known before the op runs.
ir::Graph fold_loss_scale(const ir::Graph& graph);

}  // namespace weft::passes
