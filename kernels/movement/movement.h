// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

// Kernels that make or move elements without looking at them.
namespace weft::kernels {

exec::PreparedKernel prepare_full_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_full_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_iota_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_iota_cuda(const exec::KernelRequest& request);
// copy, stop_gradient, reshape, transpose, broadcast_to, concat, pack, slice, pad, flip.
exec::PreparedKernel prepare_movement_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_movement_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
