// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

// Elementwise functions, casts and random draws, each by itself or many in one program.
namespace weft::kernels {

exec::PreparedKernel prepare_pointwise_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_pointwise_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
