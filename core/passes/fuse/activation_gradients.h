// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::passes {

// Lets a matrix library compute the slopes of activation functions, if nothing else follows a product:
// - A product masked by y > 0, where y = relu(a b + bias) with f32 sums is a layer's output. The layer also gives the
//   bits of its mask ("relu_bits"), which then mask the product ("relu_bits_grad"). The bits are those of the ReLU's
//   f32 argument: an argument that f16 rounds to 0 counts as positive.
// - A 16-bit product times the slope of a GELU (tanh) at a matrix ("gelu_tanh_grad").
ir::Graph join_activation_gradients(const ir::Graph& graph);

}  // namespace weft::passes
