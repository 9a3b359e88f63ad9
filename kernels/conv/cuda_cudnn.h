// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/kernel.h"
#include "kernels/cudnn/cuda_target.h"

namespace weft::kernels {

// The kernel for a request of conv, conv_input_grad or conv_weight_grad by cuDNN on a device of this machine, which
// must outlive it; `otherwise` makes what runs where operands are not aligned. Nothing where cuDNN has no plan, and
// with a warning where it fails.
std::optional<exec::PreparedKernel> conv_by_cudnn(const cudnn::Target& target, const exec::KernelRequest& request,
                                                  exec::PreparedKernel otherwise(const exec::KernelRequest&));

}  // namespace weft::kernels
