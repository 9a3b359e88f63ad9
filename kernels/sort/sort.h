// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/candidate.h"

// The candidates for ops that need an order. NaN counts as larger than everything, -0 equals +0, and equal elements
// keep their order.
namespace weft::kernels {

using SortCandidate = std::optional<exec::PreparedKernel>(const exec::KernelRequest&);
using SortKernel = exec::PreparedKernel(const exec::KernelRequest&);

// sort and topk: entries dealt out by digits of their keys, short lines by ranks, or the first few kept while the line
// is read once; each element of the result found among all elements of its line. On CUDA by a library's sort.
SortKernel prepare_sort_cpu, prepare_sort_reference_cpu, prepare_sort_cuda, prepare_sort_reference_cuda;
SortKernel prepare_topk_cpu, prepare_topk_reference_cpu, prepare_topk_cuda, prepare_topk_reference_cuda;
inline constexpr exec::Candidate sort_cpu[] = {{"digits", exec::always<prepare_sort_cpu>},
                                               {"reference", exec::always<prepare_sort_reference_cpu>}};
inline constexpr exec::Candidate sort_cuda[] = {{"cub", exec::always<prepare_sort_cuda>},
                                                {"reference", exec::always<prepare_sort_reference_cuda>}};
inline constexpr exec::Candidate topk_cpu[] = {{"first", exec::always<prepare_topk_cpu>},
                                               {"reference", exec::always<prepare_topk_reference_cpu>}};
inline constexpr exec::Candidate topk_cuda[] = {{"cub", exec::always<prepare_topk_cuda>},
                                                {"reference", exec::always<prepare_topk_reference_cuda>}};

// unique: by a sort, in the same ways. All NaN are one value, and so are -0 and +0 (the first one found stands for
// both). Rows behind `number` are zero.
SortKernel prepare_unique_cpu, prepare_unique_reference_cpu, prepare_unique_cuda, prepare_unique_reference_cuda;
inline constexpr exec::Candidate unique_cpu[] = {{"digits", exec::always<prepare_unique_cpu>},
                                                 {"reference", exec::always<prepare_unique_reference_cpu>}};
inline constexpr exec::Candidate unique_cuda[] = {{"thrust", exec::always<prepare_unique_cuda>},
                                                  {"reference", exec::always<prepare_unique_reference_cuda>}};

// cumsum: neighboring columns or some lines side by side, or a line by a thread block; one line after the other. Floats
// are summed in f64, integers modulo 2^64, then stored as the element type. A few long lines are cut into pieces whose
// sums are joined in f64.
SortKernel prepare_cumsum_cpu, prepare_cumsum_reference_cpu, prepare_cumsum_reference_cuda;
SortCandidate prepare_cumsum_lines;
inline constexpr exec::Candidate cumsum_cpu[] = {{"columns", exec::always<prepare_cumsum_cpu>},
                                                 {"reference", exec::always<prepare_cumsum_reference_cpu>}};
inline constexpr exec::Candidate cumsum_cuda[] = {{"lines", prepare_cumsum_lines},
                                                  {"reference", exec::always<prepare_cumsum_reference_cuda>}};

}  // namespace weft::kernels
