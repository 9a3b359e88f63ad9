// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

namespace weft::kernels {

exec::PreparedKernel prepare_matmul_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_matmul_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_matmul_epilogue_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_matmul_epilogue_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_matmul_sums_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_matmul_sums_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
