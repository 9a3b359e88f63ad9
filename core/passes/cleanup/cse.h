// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "core/ir/graph.h"

namespace weft::passes {

// Makes one node of nodes with equal ops, operands and attributes (common subexpressions).
ir::Graph share(const ir::Graph& graph);

// A graph after share(), and for each value of the old graph, by node and output, the one that stands for it.
struct Merged {
  ir::Graph graph;
  std::vector<std::vector<ir::Value>> now;
};
// share() without barriers: what a backward computes again is then the forward's value. Errors name `pass`, which asks.
Merged merge_recomputed(const ir::Graph& graph, std::string_view pass);

}  // namespace weft::passes
