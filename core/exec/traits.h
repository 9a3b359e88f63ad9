// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>

#include "core/ir/graph.h"

// What the executor knows of the kernels' use of memory, for the planner.
namespace weft::exec {

// Where inside input 0 a node's output lies when it is the same bytes: reshape, copy, stop_gradient, and a slice of a
// flat tensor that begins at a multiple of 256 bytes (a parameter's window on its arena). Nothing where the node must
// run.
std::optional<std::int64_t> alias_offset(const ir::Node& node);
// Whether the node's kernel may write output 0 over input i while it reads it: elementwise kernels read an element
// before they write it, and so do dropout and the row kernels that keep their row.
bool may_run_in_place(const ir::Node& node, std::size_t i);

}  // namespace weft::exec
