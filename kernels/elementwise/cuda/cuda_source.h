// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "kernels/elementwise/cuda/cuda_traversal.h"

namespace weft::kernels {

inline constexpr const char* kCudaSourceKernel = "weft_elementwise";

// A C++ constant expression for the program.
std::string program_text(const Program& program);
// The CUDA source whose kernel kCudaSourceKernel runs this traversal, with the program as a compile-time constant. It
// takes ThreadOperands and, where the traversal reduces, a ReductionCut.
std::string cuda_source(const CudaTraversal& traversal);

}  // namespace weft::kernels
