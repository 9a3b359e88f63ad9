// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Joins an f32 sum of a matrix over one axis with an f32 product that takes the matrix and adds up over that axis, too,
// as the gradients of a bias and of its weights do: one node "matmul_sums" gives both. A product that elementwise nodes
// of its shape go on with is left to them.
ir::Graph join_bias_gradients(const ir::Graph& graph);

}  // namespace weft::passes
