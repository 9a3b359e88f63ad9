// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// The program with f32 products of `half` operands (bf16 or f16) and activations stored in `half`:
// - A matrix product reads both operands rounded to `half` and adds up in f32. The rounded copy of a weight is a cast.
//   The weight itself, and values computed elementwise from a variable of the same size, stay f32.
// - The result of a product is rounded if a further product depends on it: activations and their gradients. If a bias
//   is added next, the sum is rounded instead. Gradients of weights and returned results stay f32.
// - A value computed elementwise from such results is rounded if it is stored. Values are stored for a product, a batch
//   norm, a cross entropy, or a reader of a deeper level (fuse/rematerialize.h). All readers then read the rounded
//   value.
// - Elementwise arithmetic in between is f32. So are reductions, statistics of norms, losses, and results of exp, log,
//   pow and their like.
// On CUDA the matrix library takes the bias of a 16-bit result in 16 bits, as PyTorch's autocast does. Inputs and
// outputs keep their dtypes. Values that are not f32 are left alone.
ir::Graph lower_precision(const ir::Graph& graph, DType half);

}  // namespace weft::passes
