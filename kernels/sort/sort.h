// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/kernel.h"

// Kernels that need an order. NaN counts as larger than everything, -0 equals +0, and equal elements keep their order.
namespace weft::kernels {

exec::PreparedKernel prepare_sort_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_sort_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_topk_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_topk_cuda(const exec::KernelRequest& request);
// All NaN are one value, and so are -0 and +0 (the first one found stands for both). Rows behind `number` are zero.
exec::PreparedKernel prepare_unique_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_unique_cuda(const exec::KernelRequest& request);
// Floats are summed in f64, integers modulo 2^64, then stored as the element type.
exec::PreparedKernel prepare_cumsum_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_cumsum_cuda(const exec::KernelRequest& request);

}  // namespace weft::kernels
