// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/common/float_types.h"
#include "kernels/resample/rule.h"

// The arithmetic of the reference kernels of either device, which give the same bits.
namespace weft::kernels {

// Element i of y: the sum of a line's elements times their weights, from the first one on; a weight of 0 takes none.
template <class T>
WEFT_HD inline T resampled(const ResamplePlan& p, const T* x, std::int64_t i) {
  const std::int64_t at = i / p.y.inner % p.y.size;
  const T* line = x + i / p.y.inner / p.y.size * p.x.size * p.x.inner + i % p.y.inner;
  const std::int64_t first = p.transposed ? p.rule.first_row(at) : p.rule.lowest(at);
  const std::int64_t end = p.transposed ? p.rule.end_row(at) : p.rule.highest(at) + 1;
  Compute<T> sum{};
  for (std::int64_t j = first; j < end; ++j) {
    const double weight = p.transposed ? p.rule.weight(j, at) : p.rule.weight(at, j);
    if (weight == 0) continue;
    sum += static_cast<Compute<T>>(line[j * p.x.inner]) * static_cast<Compute<T>>(weight);
  }
  return static_cast<T>(sum);
}

// Element i of y, which is an element of x.
template <class T>
WEFT_HD inline T nearest(const ResamplePlan& p, const T* x, std::int64_t i) {
  const std::int64_t at = p.rule.lowest(i / p.y.inner % p.y.size);
  return x[(i / p.y.inner / p.y.size * p.x.size + at) * p.x.inner + i % p.y.inner];
}

// True if elements are moved as they are, whatever their dtype.
inline bool moves_only(const ResamplePlan& p) {
  return p.rule.method == ResampleRule::Method::kNearest && !p.transposed;
}

}  // namespace weft::kernels
