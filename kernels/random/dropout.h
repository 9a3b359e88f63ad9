// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

namespace weft::kernels {

// dropout: as an elementwise program by the engines of those; four elements, which share a draw, after the other four.
exec::PreparedKernel prepare_dropout_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_dropout_reference_cpu(const exec::KernelRequest& request);
exec::PreparedKernel prepare_dropout_cuda(const exec::KernelRequest& request);
inline constexpr exec::Candidate dropout_cpu[] = {{"program", exec::always<prepare_dropout_cpu>},
                                                  {"reference", exec::always<prepare_dropout_reference_cpu>}};
inline constexpr exec::Candidate dropout_cuda[] = {{"reference", exec::always<prepare_dropout_cuda>}};

}  // namespace weft::kernels
