// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/ir/graph.h"

namespace weft::ir {

// The graph in Graphviz' dot language: a box per node, a labeled edge per operand; a node with a region is a
// cluster that holds the region and names its kind.
std::string graphviz(const Graph& graph);

}  // namespace weft::ir
