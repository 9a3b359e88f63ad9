// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Joins elementwise nodes of one shape into "pointwise" nodes: chains and DAGs with casts, draws, broadcast operands
// and several results. A sum, maximum or minimum over the leading, the trailing or all axes may end a region. Nodes of
// one element are joined even if nothing connects them, and so are readers of the same operand of the full shape. A
// region stays within the limits of weft::Program. Results keep their bits, but for the order of the sums that end a
// region.
ir::Graph form_regions(const ir::Graph& graph);

}  // namespace weft::passes
