// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Nodes that do the same to the same operands become one (common subexpressions).
ir::Graph share(const ir::Graph& graph);

}  // namespace weft::passes
