// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Joins an f32 sum of a matrix over one axis with an f32 product that contracts the matrix over that axis, too.
// Example: the gradients dy.sum(0) of a bias and x^T dy of a weight, which one node "matmul_sums" gives. A product that
// elementwise nodes of its shape read is left alone, because they can be its epilogue.
ir::Graph join_bias_gradients(const ir::Graph& graph);

}  // namespace weft::passes
