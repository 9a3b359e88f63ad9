// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

namespace weft::kernels {

exec::PreparedKernel prepare_batch_norm_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_epilogue_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_epilogue_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_grad_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_grad_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_inference_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_inference_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
