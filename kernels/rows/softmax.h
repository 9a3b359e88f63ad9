// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/candidate.h"

// The candidates for softmax, log_softmax and softmax_cross_entropy: the first that takes a request runs it.
namespace weft::kernels {

using RowCandidate = std::optional<exec::PreparedKernel>(const exec::KernelRequest&);
using RowKernel = exec::PreparedKernel(const exec::KernelRequest&);

// softmax and log_softmax: lines side by side, or a team of threads for each; one line after the other.
RowKernel prepare_softmax_cpu, prepare_softmax_reference_cpu, prepare_softmax_cuda, prepare_softmax_reference_cuda;
RowKernel prepare_log_softmax_cpu, prepare_log_softmax_reference_cpu;
RowKernel prepare_log_softmax_cuda, prepare_log_softmax_reference_cuda;
inline constexpr exec::Candidate softmax_cpu[] = {{"rows", exec::always<prepare_softmax_cpu>},
                                                  {"reference", exec::always<prepare_softmax_reference_cpu>}};
inline constexpr exec::Candidate softmax_cuda[] = {{"rows", exec::always<prepare_softmax_cuda>},
                                                   {"reference", exec::always<prepare_softmax_reference_cuda>}};
inline constexpr exec::Candidate log_softmax_cpu[] = {{"rows", exec::always<prepare_log_softmax_cpu>},
                                                      {"reference", exec::always<prepare_log_softmax_reference_cpu>}};
inline constexpr exec::Candidate log_softmax_cuda[] = {{"rows", exec::always<prepare_log_softmax_cuda>},
                                                       {"reference", exec::always<prepare_log_softmax_reference_cuda>}};

// softmax_cross_entropy: labels without weights and smoothing by vector code; any targets; one row after the other.
RowCandidate prepare_cross_entropy_labels;
RowKernel prepare_cross_entropy_cpu, prepare_cross_entropy_reference_cpu;
inline constexpr exec::Candidate softmax_cross_entropy_cpu[] = {
    {"labels", prepare_cross_entropy_labels},
    {"rows", exec::always<prepare_cross_entropy_cpu>},
    {"reference", exec::always<prepare_cross_entropy_reference_cpu>}};

// Short rows, of which a thread keeps its logits in registers; a thread block per row; a thread per row.
RowCandidate prepare_cross_entropy_narrow;
RowKernel prepare_cross_entropy_wide, prepare_cross_entropy_reference_cuda;
inline constexpr exec::Candidate softmax_cross_entropy_cuda[] = {
    {"narrow", prepare_cross_entropy_narrow},
    {"wide", exec::always<prepare_cross_entropy_wide>},
    {"reference", exec::always<prepare_cross_entropy_reference_cuda>}};

}  // namespace weft::kernels
