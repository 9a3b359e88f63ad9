// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Folds constants, and removes nodes that give one of their operands, or the same bits in fewer nodes: x * 1, x - 0, x
// / 1, -(-x), casts to the same dtype, reshapes of reshapes, known choices, broadcasts for elementwise readers,
// transposes for products. Every result keeps its bits: x + 0 stays, because it turns -0 into 0.
ir::Graph simplify(const ir::Graph& graph);

}  // namespace weft::passes
