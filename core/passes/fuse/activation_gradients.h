// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Has a matrix library compute the slopes of activations, where that is all that follows a product ("matmul_epilogue"
// of matrices):
// - A product that is masked by the output of a ReLU which follows a product, too, of a bias and f32 sums: the layer
//   gives the bits of its mask as a further output ("relu_bits"), and the product is masked by them ("relu_bits_grad").
//   So they are those of the ReLU's f32 argument: an argument that f16 rounds to 0 counts as positive.
// - A 16-bit product times the slope of a GELU (tanh) at a matrix ("gelu_tanh_grad").
ir::Graph join_activation_gradients(const ir::Graph& graph);

}  // namespace weft::passes
