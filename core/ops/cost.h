// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/op.h"

// Work of one run of a node, by its op's facts or, for a node with a body, by those of the body's nodes.
namespace weft::ops {

// Floating-point operations. A multiply-add is two, an elementwise function what its formula says. Moving, drawing,
// sorting and indexing are none, and so is a user's op, which nobody can look into.
double flops(const Graph& graph, const Node& node);
// Bytes of input `input` that are read.
std::int64_t bytes_read(const Graph& graph, const Node& node, std::size_t input);

}  // namespace weft::ops
