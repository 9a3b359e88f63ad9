// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Replaces ops by elementwise nodes with the same bits, so that regions can hold them: dropout by draw, comparison and
// product; mean of f32 and f64 by sum and division.
ir::Graph expand(const ir::Graph& graph);

// Replaces ops without a kernel by their decompositions. No search for common subexpressions may follow, because a
// decomposition may compute a value twice, for two traversals of its operands.
ir::Graph take_apart(const ir::Graph& graph);

}  // namespace weft::passes
