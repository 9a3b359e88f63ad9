// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

namespace weft::kernels {

exec::PreparedKernel prepare_softmax_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_softmax_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_log_softmax_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_log_softmax_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_softmax_cross_entropy_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_softmax_cross_entropy_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
