// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/op.h"

// The rules of a node's region, by its kind.
namespace weft::ops {

// Throws ValueError, naming the node, if its region breaks the rules of its kind:
//   - elementwise: functions, casts, draws and constants, whose shapes broadcast to one shape, that of all results. A
//     result may also be a reduction (see ends_region()) of a value of that shape; no node in the region reads it.
//   - epilogue: as elementwise, with the results of the base op as first operands; or one node that a matrix library
//     computes (OpFacts::library_epilogue), of the region's inputs in their order.
//   - loop, recompute: no rule yet beside those of every graph.
void check_region(const Node& node);

// True if a node may end an elementwise region: a sum, max or min over axes at one end of a shape
// (core/program/ending.h).
bool ends_region(const Graph& graph, const Node& node);

}  // namespace weft::ops
