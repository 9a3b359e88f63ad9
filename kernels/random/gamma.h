// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

namespace weft::kernels {

// log_gamma_draw: one element after the other, each until a try is taken.
exec::PreparedKernel prepare_log_gamma_draw_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_log_gamma_draw_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
