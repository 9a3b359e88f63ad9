// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Joins a matrix product with an elementwise region of its shape that reads it, so that the region works on the product
// in cache. A region joins the latest product among its operands. A region that ends in a reduction joins only if the
// last axis alone stays, as in a bias gradient.
ir::Graph join_epilogues(const ir::Graph& graph);

}  // namespace weft::passes
