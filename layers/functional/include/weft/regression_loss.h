// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/reduction.h"
#include "weft/tensor.h"

// Losses between numbers, as functions and as objects for a Trainer. Prediction and target have one shape, because
// broadcasting (n, 1) against (n) is always a mistake here: ShapeError, also for the mean of an empty batch. The result
// has the prediction's dtype; 16 bits are computed in f32 and rounded once.
namespace weft WEFT_EXPORT {

// (prediction - target)^2
[[nodiscard]] Tensor mse_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options = {});
// |prediction - target|
[[nodiscard]] Tensor l1_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options = {});
// log(cosh(prediction - target)), exact for small differences, too.
[[nodiscard]] Tensor log_cosh_loss(const Tensor& prediction, const Tensor& target, const LossOptions& options = {});

// Settings of huber_loss.
struct HuberOptions {
  double delta = 1;                        // largest |d| of the square, positive
  Reduction reduction = Reduction::kMean;  // as in LossOptions
  Tensor weight{};                         // as in LossOptions
};
// d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2), d = prediction - target. Source: Huber 1964.
[[nodiscard]] Tensor huber_loss(const Tensor& prediction, const Tensor& target, const HuberOptions& options = {});

// Settings of smooth_l1_loss.
struct SmoothL1Options {
  double beta = 1;                         // largest |d| of the square; 0 gives l1_loss
  Reduction reduction = Reduction::kMean;  // as in LossOptions
  Tensor weight{};                         // as in LossOptions
};
// d^2 / (2 beta) for |d| <= beta, else |d| - beta / 2, d = prediction - target. Source: Girshick 2015.
[[nodiscard]] Tensor smooth_l1_loss(const Tensor& prediction, const Tensor& target,
                                    const SmoothL1Options& options = {});

// Settings of quantile_loss.
struct QuantileOptions {
  double quantile = 0.5;                   // share of targets below the best prediction, in (0, 1)
  Reduction reduction = Reduction::kMean;  // as in LossOptions
  Tensor weight{};                         // as in LossOptions
};
// q d for d >= 0, else (q - 1) d, d = target - prediction. Source: Koenker and Bassett 1978.
[[nodiscard]] Tensor quantile_loss(const Tensor& prediction, const Tensor& target, const QuantileOptions& options = {});

// Settings of poisson_nll.
struct PoissonNLLOptions {
  bool log_input = true;                   // the prediction is the logarithm of the rate
  bool full = false;                       // adds Stirling's approximation of log(target!) for targets above 1
  double eps = 1e-8;                       // added to a rate before its logarithm
  Reduction reduction = Reduction::kMean;  // as in LossOptions
  Tensor weight{};                         // as in LossOptions
};
// rate - target log(rate), as torch.nn.functional.poisson_nll_loss.
[[nodiscard]] Tensor poisson_nll(const Tensor& prediction, const Tensor& target, const PoissonNLLOptions& options = {});

// Settings of gaussian_nll.
struct GaussianNLLOptions {
  bool full = false;                       // adds log(2 pi) / 2
  double eps = 1e-6;                       // smallest variance, positive
  Reduction reduction = Reduction::kMean;  // as in LossOptions
  Tensor weight{};                         // as in LossOptions
};
// (log v + (mean - target)^2 / v) / 2 with v = max(variance, eps), as torch.nn.functional.gaussian_nll_loss. The
// gradient passes the maximum as if it were not there. `variance` has the target's shape, or 1 for its last axis.
[[nodiscard]] Tensor gaussian_nll(const Tensor& mean, const Tensor& target, const Tensor& variance,
                                  const GaussianNLLOptions& options = {});

// The losses above as objects: `MSE()`, `Huber{{.delta = 2}}`.
using MSE = detail::LossObject<LossOptions, mse_loss>;
using L1 = detail::LossObject<LossOptions, l1_loss>;
using LogCosh = detail::LossObject<LossOptions, log_cosh_loss>;
using Huber = detail::LossObject<HuberOptions, huber_loss>;
using SmoothL1 = detail::LossObject<SmoothL1Options, smooth_l1_loss>;
using Quantile = detail::LossObject<QuantileOptions, quantile_loss>;
using PoissonNLL = detail::LossObject<PoissonNLLOptions, poisson_nll>;

// gaussian_nll for a net with two outputs per target: prediction (..., 2 d) holds the means, then the logarithms of the
// variances; target (..., d).
struct GaussianNLL {
  GaussianNLLOptions options{};  // settings of every call
  // The loss of a batch. ShapeError unless the prediction is twice as wide as the target.
  Tensor operator()(const Tensor& prediction, const Tensor& target) const;
  // The loss of a batch with weights as those of the settings, which have none then: ValueError.
  Tensor operator()(const Tensor& prediction, const Tensor& target, const Tensor& weight) const;
};

}  // namespace weft
