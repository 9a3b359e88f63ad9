// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Makes one node of nodes with equal ops, operands and attributes (common subexpressions).
ir::Graph share(const ir::Graph& graph);

}  // namespace weft::passes
