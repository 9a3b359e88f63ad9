// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Joins a matrix product with the elementwise region that reads its result, of the same shape: the
// region then works on the result while it is in cache. A region joins the latest product among its operands; one
// that ends in a reduction joins only where the last axis is what stays, as bias gradients do.
ir::Graph join_epilogues(const ir::Graph& graph);

}  // namespace weft::passes
