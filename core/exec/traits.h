// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>
#include <vector>

#include "core/ir/graph.h"

// What the executor knows of the kernels' use of memory, for the planner.
namespace weft::exec {

// Where inside input 0 a node's output lies when it is the same bytes: reshape, copy, stop_gradient, and a slice of a
// flat tensor that begins at a multiple of 256 bytes (a parameter's window on its arena). Nothing where the node must
// run.
std::optional<std::int64_t> alias_offset(const ir::Node& node);
// Where in the output each input lies, in bytes, when the output is the inputs side by side (concat along the outermost
// axis) with zeros in between (pack). Empty for other nodes.
std::vector<std::int64_t> part_offsets(const ir::Graph& graph, const ir::Node& node);
// Whether the node's kernel may write output j over input i, of as many elements and bytes: it reads an element of all
// its inputs before it writes that element of any output, and reads input i nowhere else.
bool may_run_in_place(const ir::Node& node, std::size_t j, std::size_t i);

}  // namespace weft::exec
