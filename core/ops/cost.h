// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/op.h"

// Work of one run of a node: by the facts of its op, or of its region's nodes.
namespace weft::ops {

// FLOPs: 2 for a multiply-add, the formula's count for an elementwise function, 0 for moving, drawing, sorting and
// indexing. A user's op counts 0, because nothing is known of its work.
double flops(const Graph& graph, const Node& node);
// Bytes of input `input` that are read.
std::int64_t bytes_read(const Graph& graph, const Node& node, std::size_t input);

}  // namespace weft::ops
