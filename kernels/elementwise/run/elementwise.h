// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/kernel.h"
#include "kernels/elementwise/run/engines.h"

// Elementwise functions, casts and random draws, each by itself or many in one program.
namespace weft::kernels {

exec::PreparedKernel prepare_pointwise_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_pointwise_cuda(const exec::KernelRequest& request);

// The node with this engine, and the next ones for passes that it does not take; nothing where it takes none.
std::optional<exec::PreparedKernel> prepare_elementwise_by(CpuEngine engine, const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_elementwise_by(CudaEngine engine, const exec::KernelRequest& request);

}  // namespace weft::kernels
