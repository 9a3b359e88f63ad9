// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "kernels/elementwise/cuda/cuda_pass.h"

namespace weft::kernels {

inline constexpr const char* kCudaSourceKernel = "weft_elementwise";

// A C++ constant expression for the program.
std::string program_text(const Program& program);
// The CUDA source whose kernel kCudaSourceKernel runs this pass, with the program as a compile-time constant. It takes
// ThreadOperands and, where the pass reduces, a ReductionCut.
std::string cuda_source(const CudaPass& pass);

}  // namespace weft::kernels
