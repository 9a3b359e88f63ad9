// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/matmul/problem.h"

namespace weft::kernels {

// The seam between weft and the matrix library of a CUDA device: cuBLASLt, or plain loops in the emulation. The problem
// has no size of 0.
exec::PreparedKernel prepare_gemm(const GemmProblem& problem, Device device);

}  // namespace weft::kernels
