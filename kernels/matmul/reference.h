// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/common/float_types.h"
#include "kernels/common/product_types.h"
#include "kernels/matmul/piece_sum.h"
#include "kernels/matmul/problem.h"

// The arithmetic of the reference kernels of either device, which give the same bits.
namespace weft::kernels {

// One matrix product C = op(A) op(B) of row-major matrices: op swaps the axes where an operand is stored transposed.
struct MatrixProduct {
  std::int64_t m, n, k;
  bool trans_a, trans_b;
};

inline MatrixProduct matrix_product(const GemmProblem& p) { return {p.m, p.n, p.k, p.trans_a, p.trans_b}; }

// Element (row, column) of C: the products added one after the other, in f32 for 16-bit operands, the sums of pieces in
// f64.
template <class T>
WEFT_HD inline Compute<T> element_of_product(const MatrixProduct& p, const T* a, const T* b, std::int64_t row,
                                             std::int64_t column) {
  PieceSum<T> sum;
  for (std::int64_t i = 0; i < p.k; ++i)
    sum.add(a[p.trans_a ? i * p.m + row : row * p.k + i], b[p.trans_b ? column * p.k + i : i * p.n + column]);
  return sum.total();
}

}  // namespace weft::kernels
