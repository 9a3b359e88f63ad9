// SPDX-License-Identifier: Apache-2.0
#include "weft/regression_loss.h"

#include <cmath>
#include <numbers>

#include "core/base/check.h"
#include "layers/functional/reduce_loss.h"
#include "weft/activation_functions.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {
namespace {

using detail::reduce_loss;
using detail::wide;

Tensor difference(const Tensor& prediction, const Tensor& target, const char* op) {
  detail::check_same_shape(prediction, target, op);
  return wide(prediction) - wide(target);
}

// d^2 / 2 up to |d| = delta, from there on delta (|d| - delta / 2), in one formula.
Tensor huber_of(const Tensor& d, double delta) {
  const Tensor inner = clamp(d, -delta, delta);
  return inner * (d - 0.5 * inner);
}

void check_positive(double value, const char* op, const char* name) {
  if (!(value > 0)) fail<ValueError>(op, name, " is ", value, "; it must be positive");
}

}  // namespace

Tensor mse_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options) {
  const Tensor d = difference(prediction, target, "mse_loss");
  return reduce_loss(square(d), options.reduction, options.weight, prediction, "mse_loss");
}

Tensor l1_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options) {
  const Tensor d = difference(prediction, target, "l1_loss");
  return reduce_loss(abs(d), options.reduction, options.weight, prediction, "l1_loss");
}

Tensor log_cosh_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options) {
  const Tensor d = abs(difference(prediction, target, "log_cosh_loss"));
  // Up to 1 by sinh^2 = cosh^2 - 1, because d - log 2 + log(1 + e^-2d) loses all digits of a small d^2 / 2.
  const Tensor small = minimum(d, 1), sinh = 0.5 * (expm1(small) - expm1(-small));
  const Tensor loss = where(d < 1, 0.5 * log1p(square(sinh)), d + (log1p(exp(-2.0 * d)) - std::numbers::ln2));
  return reduce_loss(loss, options.reduction, options.weight, prediction, "log_cosh_loss");
}

Tensor huber_loss(const Tensor& prediction, const Tensor& target, const HuberOptions& options) {
  check_positive(options.delta, "huber_loss", "delta");
  const Tensor d = difference(prediction, target, "huber_loss");
  return reduce_loss(huber_of(d, options.delta), options.reduction, options.weight, prediction, "huber_loss");
}

Tensor smooth_l1_loss(const Tensor& prediction, const Tensor& target, const SmoothL1Options& options) {
  const double beta = options.beta;
  if (!(beta >= 0)) fail<ValueError>("smooth_l1_loss", "beta is ", beta, "; it must be 0 or more");
  const Tensor d = difference(prediction, target, "smooth_l1_loss");
  const Tensor loss = beta == 0 ? abs(d) : huber_of(d, beta) * (1 / beta);
  return reduce_loss(loss, options.reduction, options.weight, prediction, "smooth_l1_loss");
}

Tensor quantile_loss(const Tensor& prediction, const Tensor& target, const QuantileOptions& options) {
  const double q = options.quantile;
  if (!(q > 0 && q < 1)) fail<ValueError>("quantile_loss", "quantile is ", q, "; it must lie in (0, 1)");
  const Tensor d = -difference(prediction, target, "quantile_loss");
  return reduce_loss(where(d >= 0, q * d, (q - 1) * d), options.reduction, options.weight, prediction, "quantile_loss");
}

Tensor poisson_nll(const Tensor& prediction, const Tensor& target, const PoissonNLLOptions& options) {
  detail::check_same_shape(prediction, target, "poisson_nll");
  const Tensor x = wide(prediction), t = wide(target);
  Tensor loss = options.log_input ? exp(x) - t * x : x - t * log(x + options.eps);
  if (options.full) {
    const Tensor above = maximum(t, 1);
    const Tensor stirling = above * log(above) - above + 0.5 * log(2 * std::numbers::pi * above);
    loss = loss + where(t > 1, stirling, 0);
  }
  return reduce_loss(loss, options.reduction, options.weight, prediction, "poisson_nll");
}

Tensor gaussian_nll(const Tensor& mean, const Tensor& target, const Tensor& variance,
                    const GaussianNLLOptions& options) {
  check_positive(options.eps, "gaussian_nll", "eps");
  const Tensor d = difference(mean, target, "gaussian_nll");
  const Shape& shape = variance.shape();
  const bool fits = shape == mean.shape() || (shape.rank() == mean.rank() && shape.rank() > 0 && shape[-1] == 1 &&
                                              broadcast(shape, mean.shape(), "gaussian_nll") == mean.shape());
  if (!fits)
    fail<ShapeError>("gaussian_nll", "variance is ", shape, ", the mean ", mean.shape(),
                     "; both must have one shape, or the variance 1 for the last axis");
  const Tensor given = wide(variance), v = straight_through(maximum(given, options.eps), given);
  Tensor loss = 0.5 * (log(v) + square(d) / v);
  if (options.full) loss = loss + 0.5 * std::log(2 * std::numbers::pi);
  return reduce_loss(loss, options.reduction, options.weight, mean, "gaussian_nll");
}

Tensor GaussianNLL::operator()(const Tensor& prediction, const Tensor& target) const {
  const bool fits =
      prediction.rank() >= 1 && prediction.rank() == target.rank() && prediction.dim(-1) == 2 * target.dim(-1);
  if (!fits)
    fail<ShapeError>("gaussian_nll", "prediction is ", prediction.shape(), ", target is ", target.shape(),
                     "; the prediction holds a mean and the logarithm of a variance for each target");
  const std::int64_t d = target.dim(-1);
  const Tensor mean = prediction.slice(-1, 0, d), log_variance = prediction.slice(-1, d, 2 * d);
  return gaussian_nll(mean, target, exp(wide(log_variance)), options);
}

Tensor GaussianNLL::operator()(const Tensor& prediction, const Tensor& target, const Tensor& weight) const {
  GaussianNLL with = *this;
  with.options.weight = detail::only_weight(options.weight, weight);
  return with(prediction, target);
}

}  // namespace weft
