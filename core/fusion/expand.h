// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::fusion {

// Nodes that are elementwise in truth, taken apart so that regions can take them in, with the same bits: dropout into
// its draw, comparison and product; the mean of f32 and f64 into a sum and a quotient.
ir::Graph expand(const ir::Graph& graph);

}  // namespace weft::fusion
