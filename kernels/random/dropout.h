// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

namespace weft::kernels {

exec::PreparedKernel prepare_dropout_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_dropout_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
