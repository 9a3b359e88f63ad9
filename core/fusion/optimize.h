// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::fusion {

// All passes: dead code, known numbers and identities, common subexpressions, the factor of a loss's gradient, ops
// without a kernel, then regions of elementwise nodes and the products that they follow. The result computes the same;
// bit for bit, but for the order of the sums that end a region, and that factor, which is taken before the gradient is
// rounded.
ir::Graph optimize(const ir::Graph& graph);

}  // namespace weft::fusion
