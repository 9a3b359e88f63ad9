// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "core/exec/kernel.h"

namespace weft::kernels {

// A node with an epilogue as two kernels that run one after the other, what the first one gives lying in the workspace.
// `base` names the op in front of the epilogue, which takes the first `inputs` of the node's inputs. Either kernel is
// the first candidate of its row: this is the last candidate of every epilogue.
exec::PreparedKernel prepare_in_turn(const exec::KernelRequest& request, std::string_view base, std::size_t inputs);

// The node that an epilogue's body is, if it is one with a kernel of its own: relu_bits, relu_bits_grad or
// gelu_tanh_grad, whose operands and results are those of the body. Else null: the body is an elementwise program.
const ir::Node* lone_node(const ir::Graph& body);

}  // namespace weft::kernels
