// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "kernels/matmul/cuda_gemm.h"

namespace weft::kernels {

// The epilogue of the matrix library that computes a whole body, and the body's input that it takes beside the product.
struct MatchedEpilogue {
  GemmEpilogue epilogue = GemmEpilogue::kNone;
  std::optional<std::size_t> operand;
};

// Nothing where the library has none for this body: input 0 is the product, and one output is all it may give.
std::optional<MatchedEpilogue> match_epilogue(const ir::Graph& body);

}  // namespace weft::kernels
