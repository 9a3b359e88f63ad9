// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "core/passes/fuse/groups.h"

// Bodies of pointwise nodes: the nodes that may be in one, and the graph made of them.
namespace weft::passes {

enum class Role : std::uint8_t {
  kOther,
  kConstant,     // a known number: every body that reads it gets a copy
  kElementwise,  // a function, a cast, a draw
  kEnding,       // a reduction that may end a body
};
Role role_of(const Graph& graph, const Node& node);

// Members of a body, and the values that connect them to the rest of the graph.
struct Selection {
  std::vector<std::int32_t> members;  // without constants, in the graph's order
  std::vector<Value> inputs;          // values read from other nodes, each once, without constants
  std::vector<Value> outputs;         // values that others read: those of the full shape, then reductions
};
Selection selection_of(const Graph& graph, const Groups& groups, const std::vector<std::int32_t>& members,
                       const std::vector<bool>& returned);
// True for each node that gives an output of the graph.
std::vector<bool> returned_nodes(const Graph& graph);

// The graph of a region with this body, with inputs and outputs in the same order.
std::shared_ptr<const Graph> make_region(const Graph& graph, const Selection& body);

}  // namespace weft::passes
