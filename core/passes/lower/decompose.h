// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Nodes that are elementwise in truth, taken apart so that regions can take them in, with the same bits: dropout into
// its draw, comparison and product; the mean of f32 and f64 into a sum and a quotient.
ir::Graph expand(const ir::Graph& graph);

// Ops that have no kernel become what they run as. What an op computes twice, for two passes over its operands, stays
// so: no search for common subexpressions may follow.
ir::Graph take_apart(const ir::Graph& graph);

}  // namespace weft::passes
