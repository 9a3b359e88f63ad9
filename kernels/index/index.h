// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

// The candidates for ops that read or add at places that an integer tensor names. An index outside its axis reads as
// zero, adds nothing, and raises a data error. Sums follow the order of the index, so the bits are the same every time.
namespace weft::kernels {

using IndexKernel = exec::PreparedKernel(const exec::KernelRequest&);

// take and gather: one row or element after the other; take on CUDA in packs of 16 bytes where rows are made of them.
IndexKernel prepare_take_cpu, prepare_take_cuda, prepare_take_reference_cuda;
IndexKernel prepare_gather_cpu, prepare_gather_cuda;
inline constexpr exec::Candidate take_cpu[] = {{"reference", exec::always<prepare_take_cpu>}};
inline constexpr exec::Candidate take_cuda[] = {{"packs", exec::always<prepare_take_cuda>},
                                                {"reference", exec::always<prepare_take_reference_cuda>}};

// index_add and scatter_add: the updates of a long row put side by side first, those of short rows and elements added
// one after the other; the updates of each element looked for in the whole index.
IndexKernel prepare_index_add_cpu, prepare_index_add_reference_cpu;
IndexKernel prepare_index_add_cuda, prepare_index_add_reference_cuda;
IndexKernel prepare_scatter_add_cpu, prepare_scatter_add_reference_cpu;
IndexKernel prepare_scatter_add_cuda, prepare_scatter_add_reference_cuda;
inline constexpr exec::Candidate index_add_cpu[] = {{"lists", exec::always<prepare_index_add_cpu>},
                                                    {"reference", exec::always<prepare_index_add_reference_cpu>}};
inline constexpr exec::Candidate index_add_cuda[] = {{"sorted", exec::always<prepare_index_add_cuda>},
                                                     {"reference", exec::always<prepare_index_add_reference_cuda>}};
inline constexpr exec::Candidate scatter_add_cpu[] = {{"columns", exec::always<prepare_scatter_add_cpu>},
                                                      {"reference", exec::always<prepare_scatter_add_reference_cpu>}};
inline constexpr exec::Candidate scatter_add_cuda[] = {{"sorted", exec::always<prepare_scatter_add_cuda>},
                                                       {"reference", exec::always<prepare_scatter_add_reference_cuda>}};

}  // namespace weft::kernels
