// SPDX-License-Identifier: Apache-2.0
#include "weft/statistics.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Position `at` of the sorted elements along an axis, or NaN if there is one: it sorts last.
struct Sorted {
  Sorted(const Tensor& x, int axis, const char* op) : axis_(normal_axis(axis, x.rank(), op)), size(x.dim(axis_)) {
    if (size == 0) fail<ShapeError>(op, "input is ", x.shape(), "; axis ", axis, " has no elements");
    values_ = sort(x, axis_).first;
  }
  Tensor at(std::int64_t i) const { return values_.slice(axis_, i, i + 1); }
  // `chosen` with the axis kept or not, and NaN where there is one.
  Tensor result(const Tensor& chosen, bool keep) const {
    const Tensor last = at(size - 1);
    const Tensor out = is_floating(chosen.dtype()) ? where(not_equal(last, last), last, chosen) : chosen;
    return keep ? out : out.squeeze(axis_);
  }

 private:
  int axis_;
  Tensor values_;

 public:
  std::int64_t size;
};

}  // namespace

Tensor standard_deviation(const Tensor& x, std::vector<int> axes, bool keep, int correction) {
  return sqrt(variance(x, std::move(axes), keep, correction));
}

Tensor norm(const Tensor& x, double p, std::vector<int> axes, bool keep) {
  if (std::isnan(p)) fail<ValueError>("norm", "p is NaN");
  const Tensor z = is_floating(x.dtype()) ? x : x.to(DType::kF32);
  if (p == 0) return not_equal(z, 0).to(z.dtype()).sum(std::move(axes), keep);
  const Tensor size = abs(z);
  if (std::isinf(p)) return p > 0 ? size.max(std::move(axes), keep) : size.min(std::move(axes), keep);
  if (p == 1) return size.sum(std::move(axes), keep);
  const Tensor total = (p == 2 ? square(z) : pow(size, p)).sum(std::move(axes), keep);
  // The root's slope at 0 is infinite.
  return where(equal(total, 0), total, p == 2 ? sqrt(total) : pow(total, 1 / p));
}

Tensor quantile(const Tensor& x, double q, int axis, bool keep) {
  if (!(q >= 0 && q <= 1)) fail<ValueError>("quantile", "q is ", q, "; it must lie in [0, 1]");
  const Sorted sorted(is_floating(x.dtype()) ? x : x.to(DType::kF32), axis, "quantile");
  const double place = q * static_cast<double>(sorted.size - 1), below = std::floor(place), share = place - below;
  const auto i = static_cast<std::int64_t>(below);
  if (share == 0) return sorted.result(sorted.at(i), keep);
  const Tensor low = sorted.at(i), high = sorted.at(i + 1);
  // From the nearer end, so that equal neighbors give their value.
  return sorted.result(share < 0.5 ? low + share * (high - low) : high - (1 - share) * (high - low), keep);
}

Tensor median(const Tensor& x, int axis, bool keep) {
  const Sorted sorted(x, axis, "median");
  return sorted.result(sorted.at((sorted.size - 1) / 2), keep);
}

}  // namespace weft
