// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/half.h"
#include "kernels/common/float_types.h"

namespace weft::kernels {

// One element of a window: where its channels lie, in elements from a result's place in the image and from the first of
// the filters.
struct DepthwiseTap {
  std::int64_t from, weight;
};

// The loops over channels, for one instruction set. T is the operands' type, O the result's.
template <class T, class O>
struct DepthwiseLoops {
  using A = Compute<T>;
  // y[i y_stride + c] = sum over taps of x[i x_stride + tap.from + c] w[tap.weight + c] for n results.
  void (*results)(const T* x, std::int64_t x_stride, const DepthwiseTap* taps, std::int64_t count, const A* w,
                  std::int64_t channels, O* y, std::int64_t y_stride, std::int64_t n);
};
template <class T, class O>
DepthwiseLoops<T, O> depthwise_loops();

// The loop over pixels of the filters' gradient.
template <class T>
struct DepthwiseSums {
  using A = Compute<T>;
  // sums[c] += sum over n pixels i of x[i x_stride + c] dy[i channels + c].
  void (*add)(const T* x, std::int64_t x_stride, const T* dy, std::int64_t n, std::int64_t channels, A* sums);
};
template <class T>
DepthwiseSums<T> depthwise_sums();

}  // namespace weft::kernels
