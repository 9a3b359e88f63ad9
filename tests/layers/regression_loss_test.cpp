// SPDX-License-Identifier: Apache-2.0
#include "weft/regression_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/near.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

class RegressionLossTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(RegressionLossTest);

using Doubles = std::vector<double>;

Tensor of(const Doubles& values) { return Tensor::of<double>(values, {static_cast<std::int64_t>(values.size())}); }

TEST_P(RegressionLossTest, SquaresAndMagnitudes) {
  const Tensor a = of({1, 2, 4}), b = of({0, 4, 4});
  expect_near(mse_loss(a, b), {5.0 / 3}, 1e-15);
  expect_near(mse_loss(a, b, {.reduction = Reduction::kSum}), {5}, 1e-15);
  expect_near(MSE{{.reduction = Reduction::kNone}}(a, b), {1, 4, 0}, 1e-15);
  expect_near(l1_loss(a, b), {1}, 1e-15);
  expect_near(L1{{.reduction = Reduction::kNone}}(a, b), {1, 2, 0}, 1e-15);
}

TEST_P(RegressionLossTest, HuberIsQuadraticThenLinear) {
  const Tensor d = of({-3, -0.5, 0, 0.25, 2, 5}), zero = zeros_like(d);
  expect_near(huber_loss(d, zero, {.delta = 2, .reduction = Reduction::kNone}),
              {2 * (3 - 1), 0.125, 0, 0.03125, 2, 2 * (5 - 1)}, 1e-15);
  expect_near(Huber{{.delta = 2}}(d, zero), {(4 + 0.125 + 0.03125 + 2 + 8) / 6}, 1e-15);
  const auto f = [&](const Tensor& x) { return huber_loss(x, zero, {.delta = 2, .reduction = Reduction::kSum}); };
  expect_near(grad(f)(d), {-2, -0.5, 0, 0.25, 2, 2}, 1e-15);
  expect_near(smooth_l1_loss(d, zero, {.beta = 2, .reduction = Reduction::kNone}),
              {3 - 1, 0.0625, 0, 0.015625, 1, 5 - 1}, 1e-15);
  expect_near(smooth_l1_loss(d, zero, {.beta = 0}), {l1_loss(d, zero).item<double>()}, 0);
  EXPECT_THROW(huber_loss(d, d, {.delta = 0}), ValueError);
  EXPECT_THROW(smooth_l1_loss(d, d, {.beta = -1}), ValueError);
}

TEST_P(RegressionLossTest, LogCoshKeepsSmallAndLargeDifferences) {
  const Doubles d{0, 1e-6, -3e-4, 0.5, -0.999, 1, 1.5, -20, 1000};
  const std::vector<float> loss =
      log_cosh_loss(of(d).to(DType::kF32), zeros({9}), {.reduction = Reduction::kNone}).to_vector();
  for (std::size_t i = 0; i < d.size(); ++i) {
    const double a = std::fabs(static_cast<float>(d[i]));
    const double wanted =
        a < 0.01 ? a * a / 2 - a * a * a * a / 12 : a + std::log1p(std::exp(-2 * a)) - std::numbers::ln2;
    EXPECT_NEAR(loss[i], wanted, 1e-6 * wanted) << d[i];
  }
  const auto f = [](const Tensor& x) { return log_cosh_loss(x, zeros_like(x), {.reduction = Reduction::kSum}); };
  Doubles slopes;
  for (const double x : d) slopes.push_back(std::tanh(x));
  expect_near(grad(f)(of(d)), slopes, 1e-14);
}

TEST_P(RegressionLossTest, AQuantileIsTheBestConstant) {
  const Tensor t = of({1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  const auto at = [&](double c, double q) { return quantile_loss(full_like(t, c), t, {.quantile = q}).item<double>(); };
  expect_near(quantile_loss(of({0, 5}), of({2, 1}), {.quantile = 0.9, .reduction = Reduction::kNone}), {1.8, 0.4},
              1e-15);
  for (const double q : {0.15, 0.85}) {
    const double best = 10 * q + 0.5;
    EXPECT_LT(at(best, q), at(best - 1, q));
    EXPECT_LT(at(best, q), at(best + 1, q));
  }
  EXPECT_THROW(quantile_loss(t, t, {.quantile = 1}), ValueError);
}

TEST_P(RegressionLossTest, PoissonHasTheRateOrItsLogarithm) {
  const Tensor x = of({-1, 0.5, 2}), t = of({0, 1, 4});
  Doubles wanted, full;
  for (const std::size_t i : {0u, 1u, 2u}) {
    const double log_rate = x.to_vector<double>()[i], k = t.to_vector<double>()[i];
    wanted.push_back(std::exp(log_rate) - k * log_rate);
    full.push_back(wanted[i] + (k > 1 ? k * std::log(k) - k + 0.5 * std::log(2 * std::numbers::pi * k) : 0));
  }
  expect_near(poisson_nll(x, t, {.reduction = Reduction::kNone}), wanted, 1e-14);
  expect_near(poisson_nll(exp(x), t, {.log_input = false, .reduction = Reduction::kNone}), wanted, 1e-7);
  expect_near(poisson_nll(x, t, {.full = true, .reduction = Reduction::kNone}), full, 1e-14);
}

TEST_P(RegressionLossTest, GaussianHasAVariancePerValueOrRow) {
  const Tensor mean = Tensor::of<double>({0, 1, 2, 3}, {2, 2}), t = Tensor::of<double>({1, 1, 0, 5}, {2, 2});
  const Tensor v = Tensor::of<double>({1, 4, 0.25, 2}, {2, 2});
  const auto nll = [](double d, double s) { return 0.5 * (std::log(s) + d * d / s); };
  const Doubles wanted{nll(1, 1), nll(0, 4), nll(2, 0.25), nll(2, 2)};
  expect_near(gaussian_nll(mean, t, v, {.reduction = Reduction::kNone}), wanted, 1e-14);
  const double mean_of_all = (wanted[0] + wanted[1] + wanted[2] + wanted[3]) / 4;
  expect_near(gaussian_nll(mean, t, v, {.full = true}), {mean_of_all + 0.5 * std::log(2 * std::numbers::pi)}, 1e-14);
  const Tensor rows = Tensor::of<double>({4, 2}, {2, 1});
  expect_near(gaussian_nll(mean, t, rows, {.reduction = Reduction::kNone}),
              {nll(1, 4), nll(0, 4), nll(2, 2), nll(2, 2)}, 1e-14);
  expect_near(GaussianNLL{}(concat({mean, log(v)}, 1), t), {mean_of_all}, 1e-14);
  // Smaller variances count as eps, and yet they are told to grow.
  const auto f = [&](const Tensor& s) { return gaussian_nll(mean, t, s, {.eps = 0.5}); };
  EXPECT_LT(grad(f)(full_like(v, 1e-9)).to_vector<double>()[0], 0);
  EXPECT_THROW(gaussian_nll(mean, t, ones({2})), ShapeError);
  EXPECT_THROW(gaussian_nll(mean, t, ones({1, 2})), ShapeError);
  EXPECT_THROW(gaussian_nll(mean, t, v, {.eps = 0}), ValueError);
  EXPECT_THROW(GaussianNLL{}(mean, t), ShapeError);
}

}  // namespace
}  // namespace weft::testing
