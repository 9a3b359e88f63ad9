// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"
#include "core/passes/target.h"

namespace weft::passes {

// All passes: dead code, known numbers and identities, common subexpressions, the factor of a loss's gradient, ops
// without a kernel, then regions of elementwise nodes and the products that they follow; for a target that has them,
// the gradients that its matrix library computes. The result computes the same; bit for bit, but for the order of the
// sums that end a region or go along with a product, that factor, which is taken before the gradient is rounded, and
// the mask of a ReLU of 16 bits, see join_activation_gradients().
ir::Graph optimize(const ir::Graph& graph, const Target& target = {});

}  // namespace weft::passes
