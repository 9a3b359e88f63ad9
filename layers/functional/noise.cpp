// SPDX-License-Identifier: Apache-2.0
#include "weft/noise.h"

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "layers/functional/wide.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft {
namespace {

using detail::in_dtype_of;

void check_rate(double rate, const char* op) {
  if (!(rate >= 0 && rate < 1)) fail<ValueError>(op, "rate is ", rate, "; it must lie in [0, 1)");
}

// x with the elements zeroed whose draw is less than the rate, the rest divided by 1 - rate. Draws of size 1 are for
// all elements along their axis.
Tensor dropped(const Tensor& x, std::vector<std::int64_t> draws, double rate) {
  const DeviceScope on(x.device());
  const Tensor z = detail::wide(x), keep = uniform(Shape(std::move(draws))) >= rate;
  return in_dtype_of(x, where(keep, z * (1 / (1 - rate)), zeros({}, z.dtype())));
}

void check_pairs(const char* op, const Tensor& x, const Tensor& target, double alpha) {
  if (!(alpha > 0)) fail<ValueError>(op, "alpha is ", alpha, "; it must be positive");
  if (!is_floating(target.dtype()))
    fail<DTypeError>(op, "target is ", target.dtype(), "; turn class indices into one_hot() rows first");
  if (x.rank() < 1 || target.rank() < 1 || x.dim(0) != target.dim(0))
    fail<ShapeError>(op, "input is ", x.shape(), ", target is ", target.shape(), "; both must have as many rows");
}

// share * rows + (1 - share) * rows[other].
Tensor mixed(const Tensor& rows, const Tensor& other, const Tensor& share) {
  const Tensor z = detail::wide(rows), s = share.to(z.dtype());
  return in_dtype_of(rows, s * z + (1 - s) * take(z, other));
}

}  // namespace

Tensor alpha_dropout(const Tensor& x, double rate) {
  check_rate(rate, "alpha_dropout");
  if (rate == 0) return x;
  const double limit = -1.7580993408473766, keep = 1 - rate;
  const double scale = 1 / std::sqrt(keep * (1 + rate * limit * limit)), shift = -scale * rate * limit;
  const DeviceScope on(x.device());
  const Tensor z = detail::wide(x);
  return in_dtype_of(x, scale * where(uniform(x.shape()) >= rate, z, full({}, limit, z.dtype())) + shift);
}

Tensor feature_dropout(const Tensor& x, double rate) {
  check_rate(rate, "feature_dropout");
  if (x.rank() < 2)
    fail<ShapeError>("feature_dropout", "input is ", x.shape(), "; it needs an axis of samples and one of features");
  if (rate == 0) return x;
  std::vector<std::int64_t> draws(static_cast<std::size_t>(x.rank()), 1);
  draws.front() = x.dim(0);
  draws.back() = x.dim(-1);
  return dropped(x, std::move(draws), rate);
}

Tensor stochastic_depth(const Tensor& x, double rate) {
  check_rate(rate, "stochastic_depth");
  if (x.rank() < 1) fail<ShapeError>("stochastic_depth", "input is ", x.shape(), "; it needs an axis of samples");
  if (rate == 0) return x;
  std::vector<std::int64_t> draws(static_cast<std::size_t>(x.rank()), 1);
  draws.front() = x.dim(0);
  return dropped(x, std::move(draws), rate);
}

Tensor gaussian_noise(const Tensor& x, double stddev) {
  if (!(stddev >= 0)) fail<ValueError>("gaussian_noise", "stddev is ", stddev, "; it must be 0 or more");
  if (stddev == 0) return x;
  const DeviceScope on(x.device());
  const Tensor z = detail::wide(x);
  return in_dtype_of(x, z + stddev * randn(x.shape(), z.dtype()));
}

Mixed mixup(const Tensor& x, const Tensor& target, double alpha) {
  check_pairs("mixup", x, target, alpha);
  const DeviceScope on(x.device());
  const Tensor other = randperm(x.dim(0)), share = beta({}, alpha, alpha);
  return {mixed(x, other, share), mixed(target, other, share)};
}

Mixed cutmix(const Tensor& x, const Tensor& target, double alpha) {
  check_pairs("cutmix", x, target, alpha);
  if (x.rank() != 4 || x.dim(1) == 0 || x.dim(2) == 0)
    fail<ShapeError>("cutmix", "input is ", x.shape(), "; it must be (n, h, w, channels) with a pixel");
  const DeviceScope on(x.device());
  const Tensor other = randperm(x.dim(0)), half = 0.5 * sqrt(1 - beta({}, alpha, alpha));
  // 1 for the places along an axis that lie in the box.
  const auto inside = [&](std::int64_t size) {
    const double end = static_cast<double>(size);
    const Tensor middle = floor(uniform({}) * end), reach = floor(half * end), at = arange(size, DType::kF32);
    return logical_and(at >= middle - reach, at < middle + reach);
  };
  const Tensor box = logical_and(inside(x.dim(1)).reshape({x.dim(1), 1, 1}), inside(x.dim(2)).reshape({x.dim(2), 1}));
  const Tensor share = 1 - box.to(DType::kF32).mean();
  return {where(box, take(x, other), x), mixed(target, other, share)};
}

}  // namespace weft
