// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Elementwise nodes of one shape that belong together become one "pointwise" node each: chains and DAGs with casts,
// draws, operands that broadcast and several results; a sum, maximum or minimum over the leading or the trailing axes,
// or over all, may end them. Nodes of one element are joined even where nothing connects them, and so are nodes that
// read the same large operand. A region stays within what weft::Program holds. Every node keeps its own arithmetic, so
// results keep their bits but for the order of the sums that end a region.
ir::Graph form_regions(const ir::Graph& graph);

}  // namespace weft::passes
