// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "kernels/matmul/problem.h"

namespace weft::kernels {

// Work of the library on a product before it is stored.
enum class GemmEpilogue {
  kNone,
  kAddend,  // + input 2, of the product's shape
  kBias,    // + input 2, one number per column
  kRelu,
  kReluBias,  // relu(product + input 2)
  kGelu,      // the form with tanh
  kGeluBias,
  kGeluAux,  // output 1 is the argument of the GELU, whose columns are a multiple of 8
  kGeluAuxBias,
  kReluAux,  // output 1 are the bits of the ReLU's argument being above 0, see core/scalar/bit_rows.h
  kReluAuxBias,
  kDRelu,  // the product where input 2, such bits, is set; else 0
  kDGelu,  // times the slope of the GELU at input 2
  kSumsA,  // output 1 are the sums of A (B) over the inner axis
  kSumsB,
};

// The seam between weft and the matrix library of a CUDA device: cuBLASLt, or plain loops in the emulation. The problem
// has no size of 0; one with an epilogue has one matrix of f32, bf16 or f16, and all that the epilogue reads and writes
// is of the result's type, but for bits. Nothing where the library has no algorithm for the epilogue.
struct PreparedGemm {
  exec::PreparedKernel kernel;
  bool anywhere = true;  // false: all that it reads and writes must be aligned to 256 bytes
};
// True if the library is installed; one log message says if it is not.
bool has_gemm_library();
std::optional<PreparedGemm> prepare_gemm(const GemmProblem& problem, GemmEpilogue epilogue, Device device);

}  // namespace weft::kernels
