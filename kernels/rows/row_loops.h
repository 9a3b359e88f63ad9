// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/half.h"

// Loops over rows of logits, built once per instruction set. A is float or double.
namespace weft::kernels {

template <class A>
struct RowLoops {
  // For each of `rows` rows of n neighbors the largest element, where NaN is skipped, and sum_j exp(x_j - max);
  // out_j = exp(x_j - max) unless out is null. out may be x.
  void (*exps)(const A* x, std::int64_t rows, std::int64_t n, A* max, double* sum, A* out);
  // x_j *= factor, with a factor for each row
  void (*scale)(A* x, std::int64_t rows, std::int64_t n, const A* factor);
  // x_j = log(x_j)
  void (*log)(A* x, std::int64_t n);
};

// softmax or log_softmax of lines of elements T: y = exp(x - max) / sum, or x - max - log(sum). y may be x.
template <class T>
struct SoftmaxLoops {
  static constexpr std::int64_t kWidth = 128;  // most lines that are worked on together
  // `rows` lines of n neighbors, one behind the other.
  void (*rows)(const T* x, T* y, std::int64_t rows, std::int64_t n);
  // `width` neighboring lines, at most kWidth, of n elements that are `stride` apart.
  void (*columns)(const T* x, T* y, std::int64_t n, std::int64_t stride, std::int64_t width);
};

// For the instruction set that cpu::isa() names.
template <class A>
RowLoops<A> row_loops();
template <class T>
SoftmaxLoops<T> softmax_loops(bool log);

}  // namespace weft::kernels
