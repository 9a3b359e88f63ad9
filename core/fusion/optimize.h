// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::fusion {

// All passes: dead code, known numbers and identities, common subexpressions, ops without a kernel, then regions of
// elementwise nodes and the products that they follow. The result computes the same; bit for bit, but for the order of
// the sums that end a region.
ir::Graph optimize(const ir::Graph& graph);

}  // namespace weft::fusion
