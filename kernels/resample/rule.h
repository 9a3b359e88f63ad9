// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"
#include "kernels/common/axis_split.h"

// The sparse matrix by which an axis is resampled: a row for each output, a column for each input. Row o has entries in
// the columns lowest(o) to highest(o), which never fall from one row to the next.
namespace weft::kernels {

struct ResampleRule {
  enum class Method { kNearest, kLinear, kCubic, kArea };

  Method method = Method::kNearest;
  std::int64_t in = 1, out = 1;
  // The source of output o is (o + shift) numerator / denominator - back.
  double shift = 0, numerator = 1, denominator = 1, back = 0;

  WEFT_HD std::int64_t clamped(std::int64_t i) const { return i < 0 ? 0 : i >= in ? in - 1 : i; }
  // Linear sources in front of the first element are the first element.
  WEFT_HD double source(std::int64_t o) const {
    const double s = (static_cast<double>(o) + shift) * numerator / denominator - back;
    return method != Method::kCubic && s < 0 ? 0 : s;
  }
  WEFT_HD std::int64_t left_of(double s) const { return static_cast<std::int64_t>(__builtin_floor(s)); }
  WEFT_HD std::int64_t share_begin(std::int64_t o) const { return o * in / out; }
  WEFT_HD std::int64_t share_end(std::int64_t o) const { return ((o + 1) * in + out - 1) / out; }

  WEFT_HD std::int64_t lowest(std::int64_t o) const {
    if (method == Method::kArea) return share_begin(o);
    return clamped(left_of(source(o)) - (method == Method::kCubic ? 1 : 0));
  }
  WEFT_HD std::int64_t highest(std::int64_t o) const {
    if (method == Method::kArea) return share_end(o) - 1;
    return clamped(left_of(source(o)) + (method == Method::kCubic ? 2 : method == Method::kLinear ? 1 : 0));
  }

  // Weight of an element at a distance from the source, of Keys' cubic with a = -0.75.
  WEFT_HD static double cubic(double distance) {
    constexpr double a = -0.75;
    const double d = distance < 0 ? -distance : distance;
    return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  }
  // The entry in row o, column i, which lies between the lowest and the highest one. Elements beyond the border are
  // those at the border.
  WEFT_HD double weight(std::int64_t o, std::int64_t i) const {
    if (method == Method::kNearest) return 1;
    if (method == Method::kArea) return 1 / static_cast<double>(share_end(o) - share_begin(o));
    const double s = source(o);
    const std::int64_t left = left_of(s), first = method == Method::kCubic ? -1 : 0, end = 1 - first;
    const double part = s - static_cast<double>(left);
    double sum = 0;
    for (std::int64_t k = first; k <= end; ++k) {
      if (clamped(left + k) != i) continue;
      sum += method == Method::kCubic ? cubic(part - static_cast<double>(k)) : k == 0 ? 1 - part : part;
    }
    return sum;
  }

  // The rows that have an entry in column i: the first one, and the one behind the last.
  WEFT_HD std::int64_t first_row(std::int64_t i) const {
    std::int64_t low = 0, high = out;
    while (low < high) {
      const std::int64_t middle = (low + high) / 2;
      if (highest(middle) < i) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
  WEFT_HD std::int64_t end_row(std::int64_t i) const {
    std::int64_t low = 0, high = out;
    while (low < high) {
      const std::int64_t middle = (low + high) / 2;
      if (lowest(middle) <= i) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
};

// A request of resample, or of resample_grad: the matrix, and x and y as (outer, axis, inner).
struct ResamplePlan {
  ResampleRule rule;
  AxisSplit x, y;
  bool transposed = false;  // y = W^T x
};
ResamplePlan resample_plan(const exec::KernelRequest& request);

}  // namespace weft::kernels
