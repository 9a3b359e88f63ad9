// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

namespace weft::kernels {

exec::PreparedKernel prepare_batch_norm_statistics_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_statistics_cuda(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_statistics_reference_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_batch_norm_statistics_reference_cuda(const exec::KernelRequest& request);

// Blocks of rows whose moments are joined; one channel after the other.
inline constexpr exec::Candidate batch_norm_statistics_cpu[] = {
    {"channels", exec::always<prepare_batch_norm_statistics_cpu>},
    {"reference", exec::always<prepare_batch_norm_statistics_reference_cpu>}};
inline constexpr exec::Candidate batch_norm_statistics_cuda[] = {
    {"channels", exec::always<prepare_batch_norm_statistics_cuda>},
    {"reference", exec::always<prepare_batch_norm_statistics_reference_cuda>}};

}  // namespace weft::kernels
