// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/op.h"

namespace weft::ops {

// What one run of a node calculates, in floating-point operations: the only place that counts them. A multiply-add is
// two. An elementwise function is one per element, a transcendental one (exp, tanh, erf, ...) eight. Reductions are one
// per element that they read; softmax, batch norm and cross entropy are what their formulas say, written next to their
// rows. Moving, drawing, sorting and indexing are none, and so is a user's op, which nobody can look into.
double flops(const Graph& graph, const Node& node);

}  // namespace weft::ops
