// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "kernels/matmul/cuda_gemm.h"

namespace weft::kernels {

// The epilogue of the matrix library that computes a whole body, and which of the body's inputs and outputs it takes.
struct MatchedEpilogue {
  GemmEpilogue epilogue = GemmEpilogue::kNone;
  std::optional<std::size_t> operand;  // the input beside the product
  std::size_t output = 0;
  std::optional<std::size_t> aux;  // the output that holds the activation's argument, or its mask
  DType result = DType::kF32;      // of all outputs but a mask
};

// Nothing where the library has none for this body, whose input 0 is the product of matrices of dtype `operands`. The
// library computes in f32 and rounds its results alone: a body that rounds to the same 16 bits in between, as it does
// the argument of a GELU that is kept for the gradient, is matched all the same. So is an f32 bias of 16-bit results,
// which the library wants rounded to their type; PyTorch's autocast rounds it, too.
std::optional<MatchedEpilogue> match_epilogue(const ir::Graph& body, DType operands);

}  // namespace weft::kernels
