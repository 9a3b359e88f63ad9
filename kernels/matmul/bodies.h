// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

// What stands behind a product without being a pointwise program.
namespace weft::kernels {

// The node that a body is, if it is one with a kernel of its own: relu_bits, relu_bits_grad or gelu_tanh_grad, whose
// operands and results are those of the body. Else null.
const ir::Node* lone_node(const ir::Graph& body);
// The kernel of a body that is such a node.
exec::PreparedKernel prepare_lone_node(const exec::KernelRequest& request);

// A node of op matmul_sums as two kernels, one after the other.
exec::PreparedKernel prepare_product_and_sums(const exec::KernelRequest& request,
                                              exec::PreparedKernel (*prepare_matmul)(const exec::KernelRequest&),
                                              exec::PreparedKernel (*prepare_pointwise)(const exec::KernelRequest&));

}  // namespace weft::kernels
