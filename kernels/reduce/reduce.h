// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

namespace weft::kernels {

// sum, mean, max, min, prod, argmax, argmin, variance and logsumexp over any axes.
exec::PreparedKernel prepare_reduce_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_reduce_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_reduce_reference_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_reduce_reference_cuda(const exec::KernelRequest& request);

// Chains side by side within a row or a thread block; a loop for each result.
inline constexpr exec::Candidate reduce_cpu[] = {{"lanes", exec::always<prepare_reduce_cpu>},
                                                 {"reference", exec::always<prepare_reduce_reference_cpu>}};
inline constexpr exec::Candidate reduce_cuda[] = {{"lanes", exec::always<prepare_reduce_cuda>},
                                                  {"reference", exec::always<prepare_reduce_reference_cuda>}};

}  // namespace weft::kernels
