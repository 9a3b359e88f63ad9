// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "core/passes/fuse/groups.h"

// Pointwise bodies: what may be in one, how large it is, and how it is made of nodes.
namespace weft::passes {

enum class Role : std::uint8_t {
  kOther,
  kConstant,     // a known number: every body that reads it gets its own
  kElementwise,  // a function, a cast, a draw
  kEnding,       // a reduction that may end a body
};
Role role_of(const Graph& graph, const Node& node);

// What the members of a body are and what connects them to the rest of the graph.
struct Selection {
  std::vector<std::int32_t> members;  // without constants, in the graph's order
  std::vector<Value> inputs;          // what they read from others, constants left out, each once
  std::vector<Value> outputs;         // what others read of them: those of the full shape first, then reductions
};
Selection selection_of(const Graph& graph, const Groups& groups, const std::vector<std::int32_t>& members,
                       const std::vector<bool>& returned);
// Nodes that are outputs of the graph.
std::vector<bool> returned_nodes(const Graph& graph);

// The body as a graph; its inputs are the body's, in order.
std::shared_ptr<const Graph> make_region(const Graph& graph, const Selection& body);

}  // namespace weft::passes
