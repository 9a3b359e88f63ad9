// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

namespace weft::kernels {

// sum, mean, max, min, prod, argmax, argmin, variance and logsumexp over any axes.
exec::PreparedKernel prepare_reduce_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_reduce_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
