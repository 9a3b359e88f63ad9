// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/exec/candidate.h"

// The candidates for ops that make or move elements without looking at them.
namespace weft::kernels {

using MovementKernel = exec::PreparedKernel(const exec::KernelRequest&);

MovementKernel prepare_full_cpu, prepare_full_cuda, prepare_iota_cpu, prepare_iota_cuda;
// triangle: row by row; element by element on CUDA.
MovementKernel prepare_triangle_cpu, prepare_triangle_cuda;

// copy, stop_gradient, reshape, transpose, broadcast_to, concat, pack, slice, pad, flip, roll: by runs and tiles;
// element by element.
MovementKernel prepare_movement_cpu, prepare_movement_reference_cpu;
MovementKernel prepare_movement_cuda, prepare_movement_reference_cuda;
inline constexpr exec::Candidate movement_cpu[] = {{"strided", exec::always<prepare_movement_cpu>},
                                                   {"reference", exec::always<prepare_movement_reference_cpu>}};
inline constexpr exec::Candidate movement_cuda[] = {{"strided", exec::always<prepare_movement_cuda>},
                                                    {"reference", exec::always<prepare_movement_reference_cuda>}};

}  // namespace weft::kernels
