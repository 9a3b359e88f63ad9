// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

// Every elementwise function, cast, uniform and normal draws, and whole pointwise regions: each is one program.
namespace weft::kernels {

exec::PreparedKernel prepare_pointwise_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_pointwise_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
