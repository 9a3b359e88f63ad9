// SPDX-License-Identifier: Apache-2.0
#include "weft/statistics.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/api/trace/dispatch.h"
#include "core/base/check.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {
namespace {

// Elements along an axis as if they were sorted, of which some ranks are looked up.
class Ranked {
 public:
  Ranked(const Tensor& x, int axis, const char* op) : x_(x), axis_(normal_axis(axis, x.rank(), op)) {
    if (size() == 0) fail<ShapeError>(op, "input is ", x.shape(), "; axis ", axis, " has no elements");
  }
  std::int64_t size() const { return x_.dim(axis_); }
  // Ranks [first, first + count), the least element first.
  Tensor ranks(std::int64_t first, std::int64_t count) const {
    return detail::apply_op(ir::OpId::of("topk"), {&x_, 1},
                            {{"first", first}, {"k", count}, {"axis", std::int64_t{axis_}}, {"largest", false}})[0];
  }
  // Rank `i` of some ranks().
  Tensor at(const Tensor& ranks, std::int64_t i) const { return ranks.slice(axis_, i, i + 1); }
  // `chosen` with the axis kept or not, and NaN where there is one.
  Tensor result(const Tensor& chosen, bool keep) const {
    const bool floating = is_floating(x_.dtype());
    const Tensor out = floating ? where(any(not_equal(x_, x_), {axis_}, true),
                                        full({}, std::numeric_limits<double>::quiet_NaN(), x_.dtype()), chosen)
                                : chosen;
    return keep ? out : out.squeeze(axis_);
  }

 private:
  Tensor x_;
  int axis_;
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
  const Ranked ranked(is_floating(x.dtype()) ? x : x.to(DType::kF32), axis, "quantile");
  const double place = q * static_cast<double>(ranked.size() - 1), below = std::floor(place), share = place - below;
  const auto i = static_cast<std::int64_t>(below);
  if (share == 0) return ranked.result(ranked.ranks(i, 1), keep);
  const Tensor both = ranked.ranks(i, 2), low = ranked.at(both, 0), high = ranked.at(both, 1);
  // From the nearer end, so that equal neighbors give their value.
  return ranked.result(share < 0.5 ? low + share * (high - low) : high - (1 - share) * (high - low), keep);
}

Tensor median(const Tensor& x, int axis, bool keep) {
  const Ranked ranked(x, axis, "median");
  return ranked.result(ranked.ranks((ranked.size() - 1) / 2, 1), keep);
}

}  // namespace weft
