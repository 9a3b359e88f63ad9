// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/common/lanes.h"
#include "kernels/conv/depthwise_isa.h"

// The loops, included once by each file that is built for an instruction set; all of it has internal linkage and calls
// only what is always inlined.
namespace weft::kernels {
namespace {

// Results that share the loads of weights, as many as there are registers for.
constexpr int kTogether = kLaneWidth<float> == 16 ? 8 : 4;

template <int together, class T, class O>
WEFT_INLINE void some_results(const T* x, std::int64_t x_stride, const DepthwiseTap* taps, std::int64_t count,
                              const Compute<T>* w, std::int64_t channels, O* y, std::int64_t y_stride) {
  using A = Compute<T>;
  std::int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) {
    Lanes<A> sum[together];
    for (int i = 0; i < together; ++i) sum[i] = all_lanes<A>(A{0});
    for (std::int64_t t = 0; t < count; ++t) {
      const Lanes<A> weight = lanes_of<A>(w + taps[t].weight + c);
      for (int i = 0; i < together; ++i)
        sum[i] = joined(sum[i], joined(lanes_of<A>(x + i * x_stride + taps[t].from + c), weight, product_of_two),
                        sum_of_two);
    }
    for (int i = 0; i < together; ++i) store_lanes<A>(sum[i], y + i * y_stride + c);
  }
  for (; c < channels; ++c)
    for (int i = 0; i < together; ++i) {
      A sum = 0;
      for (std::int64_t t = 0; t < count; ++t)
        sum += widened<A>(x[i * x_stride + taps[t].from + c]) * w[taps[t].weight + c];
      y[i * y_stride + c] = narrowed<O>(sum);
    }
}

template <class T, class O>
void depthwise_results(const T* x, std::int64_t x_stride, const DepthwiseTap* taps, std::int64_t count,
                       const Compute<T>* w, std::int64_t channels, O* y, std::int64_t y_stride, std::int64_t n) {
  std::int64_t i = 0;
  for (; i + kTogether <= n; i += kTogether)
    some_results<kTogether>(x + i * x_stride, x_stride, taps, count, w, channels, y + i * y_stride, y_stride);
  for (; i < n; ++i) some_results<1>(x + i * x_stride, x_stride, taps, count, w, channels, y + i * y_stride, y_stride);
}

// Sums of `blocks` vectors of channels, which stay in registers over all pixels.
template <int blocks, class T>
WEFT_INLINE void add_blocks(const T* x, std::int64_t x_stride, const T* dy, std::int64_t dy_stride, std::int64_t n,
                            Compute<T>* sums) {
  using A = Compute<T>;
  Lanes<A> sum[blocks];
  for (int b = 0; b < blocks; ++b) sum[b] = lanes_of<A>(sums + b * kLanes);
  for (std::int64_t i = 0; i < n; ++i)
    for (int b = 0; b < blocks; ++b)
      sum[b] = joined(sum[b],
                      joined(lanes_of<A>(x + i * x_stride + b * kLanes), lanes_of<A>(dy + i * dy_stride + b * kLanes),
                             product_of_two),
                      sum_of_two);
  for (int b = 0; b < blocks; ++b) store_lanes<A>(sum[b], sums + b * kLanes);
}

template <class T>
void add_depthwise_sums(const T* x, std::int64_t x_stride, const T* dy, std::int64_t n, std::int64_t channels,
                        Compute<T>* sums) {
  using A = Compute<T>;
  constexpr int kBlocks = kLaneWidth<float> == 16 ? 4 : 2;
  std::int64_t c = 0;
  for (; c + kBlocks * kLanes <= channels; c += kBlocks * kLanes)
    add_blocks<kBlocks>(x + c, x_stride, dy + c, channels, n, sums + c);
  for (; c + kLanes <= channels; c += kLanes) add_blocks<1>(x + c, x_stride, dy + c, channels, n, sums + c);
  for (; c < channels; ++c) {
    A sum = sums[c];
    for (std::int64_t i = 0; i < n; ++i) sum += widened<A>(x[i * x_stride + c]) * widened<A>(dy[i * channels + c]);
    sums[c] = sum;
  }
}

template <class T, class O>
void resolve_loops(DepthwiseLoops<T, O>& loops) {
  loops = {depthwise_results<T, O>};
}
template <class T>
void resolve_sums(DepthwiseSums<T>& loops) {
  loops = {add_depthwise_sums<T>};
}

}  // namespace
}  // namespace weft::kernels
