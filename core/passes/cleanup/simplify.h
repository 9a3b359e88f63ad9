// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Known numbers folded, and nodes that give one of their operands, or the same bits in fewer nodes, taken out:
// x * 1, x / 1, x - 0, -(-x), casts to the same dtype, reshapes of reshapes, choices that are known, broadcasts whose
// reader broadcasts anyway, transposes that a product can do by itself. Only what leaves every result's bits as they
// were: x + 0 stays, since it turns -0 into 0, and so does 0 * x.
ir::Graph simplify(const ir::Graph& graph);

}  // namespace weft::passes
