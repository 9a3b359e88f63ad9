// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/op.h"

// Questions that several passes ask of a node.
namespace weft::ops {

// Its op's kind; kSource for an input of the graph, kOpaque for a node with a body.
Kind kind_of(const Node& node);
// A known number in every element ("full").
bool is_constant(const Node& node);
bool is_cast(const Node& node);
// A 16-bit tensor read as f32: cheaper cast by each reader than kept in between.
bool widens_half(const Graph& graph, const Node& node);
// The node can be part of an elementwise body: a function, a cast or a draw.
bool is_lane_op(const Node& node);

}  // namespace weft::ops
