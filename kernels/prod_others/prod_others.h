// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "core/exec/candidate.h"

// The candidates for prod_others. States are f64, because parts of a product may leave f32's range where the whole does
// not. Nothing is divided, so that zeros need no case of their own: products before and behind each element are joined.
namespace weft::kernels {

using ProdOthersCandidate = std::optional<exec::PreparedKernel>(const exec::KernelRequest&);
using ProdOthersKernel = exec::PreparedKernel(const exec::KernelRequest&);

// Lanes side by side, or a team of threads for each line, for at most one tangent; one line after the other for any
// number of tangents.
ProdOthersCandidate prepare_prod_others_lanes, prepare_prod_others_teams;
ProdOthersKernel prepare_prod_others_reference_cpu, prepare_prod_others_reference_cuda;
inline constexpr exec::Candidate prod_others_cpu[] = {{"lanes", prepare_prod_others_lanes},
                                                      {"reference", exec::always<prepare_prod_others_reference_cpu>}};
inline constexpr exec::Candidate prod_others_cuda[] = {{"teams", prepare_prod_others_teams},
                                                       {"reference", exec::always<prepare_prod_others_reference_cuda>}};

}  // namespace weft::kernels
