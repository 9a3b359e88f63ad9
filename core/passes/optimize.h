// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"
#include "core/passes/target.h"

namespace weft::passes {

// All passes: dead code, constants and identities, common subexpressions, factors of loss gradients, ops without a
// kernel, elementwise regions, epilogues of products, gradients in the matrix library. Results keep their bits, except:
//   - sums that end a region or go along with a product are added in another order;
//   - the factor of a loss's gradient is applied before the gradient is rounded;
//   - the mask of a 16-bit ReLU is taken before rounding, see join_activation_gradients().
ir::Graph optimize(const ir::Graph& graph, const Target& target = {});

}  // namespace weft::passes
