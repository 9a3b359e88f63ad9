// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/common/float_types.h"
#include "kernels/common/sum_type.h"
#include "kernels/pool/run.h"

// One channel of one pixel, which all kernels but those of lanes share. Pointers are to the channel of the box's first
// pixel.
namespace weft::kernels {

// The largest element, and its position. NaN is largest: the last one if there are several, else the first of equals.
template <class T>
struct Largest {
  T value;
  std::int32_t position;
};
template <class T>
WEFT_HD inline Largest<T> largest(const PoolRun& run, const T* x) {
  Largest<T> best{x[0], run.position};
  run.for_each([&](std::int64_t pixel, std::int32_t position) {
    const T element = x[pixel * run.channels];
    const auto e = static_cast<Compute<T>>(element);
    if (e > static_cast<Compute<T>>(best.value) || e != e) best = {element, position};
  });
  return best;
}

// The sum of the values whose index is the position of the pixel in their window.
template <class T, class I>
WEFT_HD inline T unpooled(const PoolRun& run, const T* values, const I* index) {
  Sum<T> sum{};
  run.for_each([&](std::int64_t window, std::int32_t position) {
    const std::int64_t at = window * run.channels;
    if (index[at] == position) sum += static_cast<Sum<T>>(values[at]);
  });
  return static_cast<T>(sum);
}

template <class T>
WEFT_HD inline T average(const PoolRun& run, const T* x, double divisor) {
  Compute<T> sum{};
  run.for_each([&](std::int64_t pixel, std::int32_t) { sum += static_cast<Compute<T>>(x[pixel * run.channels]); });
  return static_cast<T>(sum / static_cast<Compute<T>>(divisor));
}

// The sum of cotangents of windows, each times share(window).
template <class T, class Share>
WEFT_HD inline T average_grad(const PoolRun& run, const T* dy, const Share& share) {
  Compute<T> sum{};
  run.for_each([&](std::int64_t window, std::int32_t) {
    sum += static_cast<Compute<T>>(dy[window * run.channels]) * static_cast<Compute<T>>(share(window));
  });
  return static_cast<T>(sum);
}

}  // namespace weft::kernels
