// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/op.h"

// Questions that several passes ask of a node.
namespace weft::ops {

// Kind of the node's op; kSource for an input of the graph, kOpaque for a node with a region.
Kind kind_of(const Node& node);
// True if the output is one known number in every element: "full".
bool is_constant(const Node& node);
bool is_cast(const Node& node);
// True for a cast from 16 bits, which each reader repeats, because repeating it is cheaper than keeping the wide
// tensor.
bool widens_half(const Graph& graph, const Node& node);
// True if the node can be part of an elementwise body: a function, a cast or a draw.
bool is_lane_op(const Node& node);

}  // namespace weft::ops
