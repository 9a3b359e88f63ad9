// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "core/ops/op.h"

// A node's use of memory, for the planner: by its op's facts or, for a node with a body, by the body.
namespace weft::ops {

// Bytes into input 0 at which a node's output lies when it is the same bytes. Nothing where the node must run.
std::optional<std::int64_t> alias_offset(const Node& node);
// Bytes into the output at which each input lies, when the output is the inputs side by side with zeros in between.
// Empty for other nodes.
std::vector<std::int64_t> part_offsets(const Graph& graph, const Node& node);
// Permission for the node's kernel to write output j over input i, of as many elements and bytes.
bool may_run_in_place(const Node& node, std::size_t j, std::size_t i);

}  // namespace weft::ops
