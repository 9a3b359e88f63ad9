// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

// Kernels that read or add at places that an integer tensor names. An index outside its axis reads as zero, adds
// nothing, and raises a data error. Sums follow the order of the index, so the bits are the same every time.
namespace weft::kernels {

exec::PreparedKernel prepare_take_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_take_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_gather_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_gather_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_index_add_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_index_add_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_scatter_add_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_scatter_add_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
