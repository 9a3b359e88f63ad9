// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

// Loops over one row of logits, built once per instruction set. A is float or double.
namespace weft::kernels {

template <class A>
struct RowLoops {
  // The largest element; NaN is skipped.
  A (*max)(const A* x, std::int64_t n);
  // Gives sum_j exp(x_j - max); out_j = exp(x_j - max) unless out is null. out may be x.
  double (*exps)(const A* x, std::int64_t n, A max, A* out);
  // x_j *= factor
  void (*scale)(A* x, std::int64_t n, A factor);
};

// For the instruction set that cpu::isa() names.
template <class A>
RowLoops<A> row_loops();

}  // namespace weft::kernels
