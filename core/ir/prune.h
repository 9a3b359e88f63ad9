// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::ir {

// The graph without the nodes that no output needs, renumbered in the same order. All inputs stay. Regions are
// untouched.
Graph prune(const Graph& graph);

}  // namespace weft::ir
