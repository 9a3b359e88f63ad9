// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "core/ops/op.h"

// A node's use of memory, for the planner: by its op's facts or, for a node with a body, by the body.
namespace weft::ops {

// Offset in bytes of a node's output within input 0, if the output is an alias; nothing if the node must run.
std::optional<std::int64_t> alias_offset(const Node& node);
// Offset in bytes of each input within the output, if the output is the inputs side by side with zeros in between.
// Empty for other nodes.
std::vector<std::int64_t> part_offsets(const Graph& graph, const Node& node);
// True if the node's kernel may write output j over input i, of as many elements and bytes.
bool may_run_in_place(const Node& node, std::size_t j, std::size_t i);

}  // namespace weft::ops
