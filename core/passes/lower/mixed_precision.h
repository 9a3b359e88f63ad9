// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// The same program with its f32 products taken of bf16 or f16 operands (`half`) and its activations stored so:
// - A matrix product reads both operands rounded to `half` and adds up in f32. The rounded copy of a weight is a cast;
//   the weight itself, and what is computed elementwise from a variable of the same size, stays f32.
// - What a product gives is rounded when a further product depends on it, as an activation does and its gradient; where
//   a bias is added next, not before that. A weight's gradient and a result that is returned stay f32.
// - A value computed elementwise from such results is rounded where it is stored: where a product, a batch norm or a
//   cross entropy reads it, or where it is kept for a later part of the program. All that read it then read the rounded
//   value.
// - Between its operands and what is stored, elementwise arithmetic is f32. So are reductions and their results, norms'
//   statistics, losses, and whatever exp, log, pow and their like give.
// The matrix library of a CUDA device takes a bias of what it stores in 16 bits in that type, as PyTorch's autocast
// does. Inputs and outputs keep their dtypes. Values that are not f32 are left alone.
ir::Graph lower_precision(const ir::Graph& graph, DType half);

}  // namespace weft::passes
