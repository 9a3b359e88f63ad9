// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/candidate.h"
#include "kernels/elementwise/run/engines.h"

// Elementwise functions, casts and random draws, each by itself or many in one program.
namespace weft::kernels {

// The node, each traversal by the first engine that takes it.
exec::PreparedKernel prepare_elementwise_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_elementwise_cuda(const exec::KernelRequest& request);

// The node with this engine, and the next ones for traversals that it does not take; nothing where it takes none.
std::optional<exec::PreparedKernel> prepare_elementwise_by(CpuEngine engine, const exec::KernelRequest& request);
std::optional<exec::PreparedKernel> prepare_elementwise_by(CudaEngine engine, const exec::KernelRequest& request);

template <auto engine>
std::optional<exec::PreparedKernel> prepare_elementwise_by(const exec::KernelRequest& request) {
  return prepare_elementwise_by(engine, request);
}
inline constexpr exec::Candidate elementwise_cpu[] = {
    {name_of(CpuEngine::kLoop), prepare_elementwise_by<CpuEngine::kLoop>},
    {name_of(CpuEngine::kTiles), prepare_elementwise_by<CpuEngine::kTiles>},
    {name_of(CpuEngine::kReference), prepare_elementwise_by<CpuEngine::kReference>}};
#if WEFT_HAS_CUDA
inline constexpr exec::Candidate elementwise_cuda[] = {
    {name_of(CudaEngine::kFunction), prepare_elementwise_by<CudaEngine::kFunction>},
    {name_of(CudaEngine::kSpecialized), prepare_elementwise_by<CudaEngine::kSpecialized>},
    {name_of(CudaEngine::kInterpreter), prepare_elementwise_by<CudaEngine::kInterpreter>}};
#endif

}  // namespace weft::kernels
