// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

// The candidates for pooling: on the CPU 16 channels at a time, or all where there are fewer; on CUDA boxes of pixels
// that threads share; a loop for each element of the result. Results gather what they need, so that no two threads
// write to one element and sums have one order.
namespace weft::kernels {

using PoolKernel = exec::PreparedKernel(const exec::KernelRequest&);
using PoolCandidate = std::optional<exec::PreparedKernel>(const exec::KernelRequest&);

PoolKernel prepare_max_pool_reference_cpu, prepare_max_pool_reference_cuda;
PoolKernel prepare_max_unpool_reference_cpu, prepare_max_unpool_reference_cuda;
PoolKernel prepare_take_in_windows_cpu, prepare_take_in_windows_cuda;
PoolKernel prepare_avg_pool_reference_cpu, prepare_avg_pool_reference_cuda;
PoolKernel prepare_avg_pool_grad_reference_cpu, prepare_avg_pool_grad_reference_cuda;

PoolKernel prepare_max_pool_tiles, prepare_max_unpool_tiles, prepare_avg_pool_tiles, prepare_avg_pool_grad_tiles;
// Floating dtypes, 16 channels or more.
PoolCandidate prepare_max_pool_lanes, prepare_max_unpool_lanes, prepare_avg_pool_lanes, prepare_avg_pool_grad_lanes;

// Fewer than 16 channels.
PoolCandidate prepare_max_pool_few_channels, prepare_max_unpool_few_channels;
PoolCandidate prepare_avg_pool_few_channels, prepare_avg_pool_grad_few_channels;

#define WEFT_POOL_CANDIDATES(name)                                                                               \
  inline constexpr exec::Candidate name##_cpu[] = {{"lanes", prepare_##name##_lanes},                            \
                                                   {"few_channels", prepare_##name##_few_channels},              \
                                                   {"reference", exec::always<prepare_##name##_reference_cpu>}}; \
  inline constexpr exec::Candidate name##_cuda[] = {{"tiles", exec::always<prepare_##name##_tiles>},             \
                                                    {"reference", exec::always<prepare_##name##_reference_cuda>}};
WEFT_POOL_CANDIDATES(max_pool)
WEFT_POOL_CANDIDATES(max_unpool)
WEFT_POOL_CANDIDATES(avg_pool)
WEFT_POOL_CANDIDATES(avg_pool_grad)
#undef WEFT_POOL_CANDIDATES

}  // namespace weft::kernels
