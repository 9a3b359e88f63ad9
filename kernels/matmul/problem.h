// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "core/exec/kernel.h"

namespace weft::kernels {

// Longest stretch of k that is added up one by one. Longer sums are made of such pieces, joined in f64, because an f32
// sum of 2^24 does not grow by 1.
inline constexpr std::int64_t kLongestSum = 4096;

// C[i] = op(A[a_matrix[i]]) op(B[b_matrix[i]]) for every matrix i of the batch, all row-major and dense. op swaps the
// last two axes where the flag says that the operand is stored that way.
struct GemmProblem {
  std::int64_t m = 0, n = 0, k = 0;
  bool trans_a = false, trans_b = false;
  DType dtype = DType::kF32;                     // of the operands
  DType result = DType::kF32;                    // of C: the same, or f32
  bool allow_tf32 = false;                       // f32 operands may be rounded to TF32
  std::int64_t batch = 1;                        // matrices of C
  std::int64_t a_count = 1, b_count = 1;         // matrices stored in A and in B
  std::vector<std::int64_t> a_matrix, b_matrix;  // which of them product i takes (broadcasting)
};

// The product itself, which an epilogue works on, of a request for matmul or matmul_epilogue.
const TensorSpec& product_spec(const exec::KernelRequest& request);
// The problem that a request for matmul or matmul_epilogue poses.
GemmProblem gemm_problem(const exec::KernelRequest& request);

}  // namespace weft::kernels
