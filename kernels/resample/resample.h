// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

// The candidates for resample and resample_grad: runs of neighboring elements by a table of the matrix's entries; a
// loop for each element of the result. Results gather what they need, so that sums have one order.
namespace weft::kernels {

exec::PreparedKernel prepare_resample_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_resample_reference_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_resample_reference_cuda(const exec::KernelRequest& request);
// Sums of weighted elements, with weights that threads share.
std::optional<exec::PreparedKernel> prepare_resample_tiles(const exec::KernelRequest& request);

inline constexpr exec::Candidate resample_cpu[] = {{"table", exec::always<prepare_resample_cpu>},
                                                   {"reference", exec::always<prepare_resample_reference_cpu>}};
inline constexpr exec::Candidate resample_cuda[] = {{"tiles", prepare_resample_tiles},
                                                    {"reference", exec::always<prepare_resample_reference_cuda>}};

}  // namespace weft::kernels
