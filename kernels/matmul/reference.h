// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/common/float_types.h"
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
  double total = 0;
  for (std::int64_t i = 0; i < p.k;) {
    Compute<T> sum = 0;
    for (const std::int64_t end = p.k - i > kLongestSum ? i + kLongestSum : p.k; i < end; ++i) {
      const auto x = static_cast<Compute<T>>(a[p.trans_a ? i * p.m + row : row * p.k + i]);
      const auto y = static_cast<Compute<T>>(b[p.trans_b ? column * p.k + i : i * p.n + column]);
      sum += x * y;
    }
    total += static_cast<double>(sum);
  }
  return static_cast<Compute<T>>(total);
}

// Calls body(std::type_identity<T>, std::type_identity<C>) with the storage types of a product's operands and result.
template <class Body>
exec::PreparedKernel with_product_types(const GemmProblem& p, Body&& body) {
  return with_floating(p.dtype, "matmul", [&](auto operand) -> exec::PreparedKernel {
    // An f32 result of other operands exists for 16-bit ones alone.
    if constexpr (sizeof(typename decltype(operand)::type) == 2)
      if (p.result != p.dtype) return body(operand, std::type_identity<float>{});
    return body(operand, operand);
  });
}

}  // namespace weft::kernels
