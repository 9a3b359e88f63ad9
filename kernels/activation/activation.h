// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

namespace weft::kernels {

exec::PreparedKernel prepare_relu_bits_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_relu_bits_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_relu_bits_grad_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_relu_bits_grad_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_gelu_tanh_grad_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_gelu_tanh_grad_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
