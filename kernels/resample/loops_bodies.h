// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/common/lanes.h"
#include "kernels/resample/loops.h"

// The loops, included once by each file that is built for an instruction set; all of it has internal linkage and calls
// only what is always inlined.
namespace weft::kernels {
namespace {

// `lanes` elements from element j on, of `entries` terms, or of `count` if that is 0.
template <int lanes, int entries, class T>
WEFT_INLINE void weighted_lanes(const T* x, const std::int64_t* offsets, const Compute<T>* weights, std::int64_t count,
                                std::int64_t j, T* y) {
  using A = Compute<T>;
  constexpr int kWidth = kLaneWidth<A>, kVectors = lanes / kWidth;
  LaneVector<A> sum[kVectors] = {};
  for (std::int64_t k = 0; k < (entries > 0 ? entries : count); ++k)
    for (int v = 0; v < kVectors; ++v) sum[v] += loaded<A>(x + offsets[k] + j + v * kWidth) * weights[k];
  for (int v = 0; v < kVectors; ++v) store<A>(sum[v], y + j + v * kWidth);
}

template <int entries, class T>
WEFT_INLINE void weighted_run(const T* x, const std::int64_t* offsets, const Compute<T>* weights, std::int64_t count,
                              std::int64_t n, T* y) {
  constexpr int kMany = (kRegister == 64 ? 4 : 2) * kLanes;  // as the registers hold
  std::int64_t j = 0;
  for (; j + kMany <= n; j += kMany) weighted_lanes<kMany, entries>(x, offsets, weights, count, j, y);
  for (; j + kLanes <= n; j += kLanes) weighted_lanes<kLanes, entries>(x, offsets, weights, count, j, y);
  if (j < n) weighted_lanes<kLanes, entries>(x, offsets, weights, count, n - kLanes, y);
}

template <class T>
void weighted_sum(const T* x, const std::int64_t* offsets, const Compute<T>* weights, std::int64_t count,
                  std::int64_t n, T* y) {
  if (n >= kLanes) {
    if (count == 2) return weighted_run<2>(x, offsets, weights, count, n, y);
    return weighted_run<0>(x, offsets, weights, count, n, y);
  }
  for (std::int64_t j = 0; j < n; ++j) {
    Compute<T> sum{};
    for (std::int64_t k = 0; k < count; ++k) sum += static_cast<Compute<T>>(x[offsets[k] + j]) * weights[k];
    y[j] = static_cast<T>(sum);
  }
}

}  // namespace
}  // namespace weft::kernels
