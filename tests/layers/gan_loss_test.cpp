// SPDX-License-Identifier: Apache-2.0
#include "weft/gan_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

class GANLossTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(GANLossTest);

constexpr GANLoss kGames[] = {GANLoss::kMinimax, GANLoss::kNonSaturating, GANLoss::kHinge, GANLoss::kLeastSquares,
                              GANLoss::kWasserstein};

double sigma(double x) { return 1 / (1 + std::exp(-x)); }

TEST_P(GANLossTest, AreThoseOfTheirPapers) {
  const Tensor real = Tensor::of<double>({2, 0.25}, {2, 1}), made = Tensor::of<double>({-1.5, 0.5, -0.5}, {3, 1});
  const auto d = [&](GANLoss game) { return discriminator_loss(game, real, made).item<double>(); };
  const auto g = [&](GANLoss game) { return generator_loss(game, made).item<double>(); };
  const double log_real = -(std::log(sigma(2)) + std::log(sigma(0.25))) / 2;
  const double log_made = -(std::log(sigma(1.5)) + std::log(sigma(-0.5)) + std::log(sigma(0.5))) / 3;
  EXPECT_NEAR(d(GANLoss::kMinimax), log_real + log_made, 1e-14);
  EXPECT_NEAR(d(GANLoss::kNonSaturating), log_real + log_made, 1e-14);
  EXPECT_NEAR(d(GANLoss::kHinge), 0.75 / 2 + (0 + 1.5 + 0.5) / 3, 1e-14);
  EXPECT_NEAR(d(GANLoss::kLeastSquares), (1 + 0.5625) / 4 + (2.25 + 0.25 + 0.25) / 6, 1e-14);
  EXPECT_NEAR(d(GANLoss::kWasserstein), -0.5 - 1.125, 1e-14);
  EXPECT_NEAR(g(GANLoss::kMinimax), -log_made, 1e-14);
  EXPECT_NEAR(g(GANLoss::kNonSaturating), -(std::log(sigma(-1.5)) + std::log(sigma(0.5)) + std::log(sigma(-0.5))) / 3,
              1e-14);
  EXPECT_NEAR(g(GANLoss::kHinge), 0.5, 1e-14);
  EXPECT_NEAR(g(GANLoss::kLeastSquares), (6.25 + 0.25 + 2.25) / 6, 1e-14);
  EXPECT_NEAR(g(GANLoss::kWasserstein), 0.5, 1e-14);
}

TEST_P(GANLossTest, AGeneratorLearnsToRaiseItsScores) {
  for (const GANLoss game : kGames) {
    const auto f = [&](const Tensor& z) { return generator_loss(game, z); };
    for (const double slope : grad(f)(Tensor::of<double>({-2, 0, 0.5}, {3})).to_vector<double>()) EXPECT_LT(slope, 0);
    EXPECT_TRUE(check_gradients(f, {{{3, 2}, DType::kF64}}).ok);
    EXPECT_THROW(generator_loss(game, zeros({0, 1})), ShapeError);
    EXPECT_THROW(discriminator_loss(game, ones({2, 1}), zeros({0, 1})), ShapeError);
  }
}

TEST_P(GANLossTest, ThePenaltyIsTheSlopesDistanceFromOne) {
  const Tensor real = randn({6, 3}, DType::kF64), made = randn({6, 3}, DType::kF64);
  // A plane has one slope everywhere: (3, 0, 4) has length 5.
  const Tensor w = Tensor::of<double>({3, 0, 4}, {3, 1});
  const auto plane = [&](Tensor x) { return matmul(x, w); };
  const double penalty = compile([&] { return gradient_penalty(plane, real, made); })().item<double>();
  EXPECT_NEAR(penalty, 16, 1e-12);
  const double flat =
      compile([&] { return gradient_penalty([&](Tensor x) { return 0 * matmul(x, w); }, real, made); })()
          .item<double>();
  EXPECT_NEAR(flat, 1, 1e-11);
}

TEST_P(GANLossTest, ThePenaltyTrainsTheCritic) {
  const Tensor real = randn({8, 3}, DType::kF64), made = randn({8, 3}, DType::kF64);
  // (|w| - 1)^2 of a plane has the slope 2 (1 - 1/|w|) w.
  const auto f = [&](const Tensor& w) { return gradient_penalty([&](Tensor x) { return matmul(x, w); }, real, made); };
  const std::vector<double> slope = grad(f)(Tensor::of<double>({3, 0, 4}, {3, 1})).to_vector<double>();
  EXPECT_NEAR(slope[0], 2 * 0.8 * 3, 1e-12);
  EXPECT_NEAR(slope[1], 0, 1e-12);
  EXPECT_NEAR(slope[2], 2 * 0.8 * 4, 1e-12);
  // A flat critic learns nothing, and nothing is NaN.
  for (const double s : grad(f)(zeros({3, 1}, DType::kF64)).to_vector<double>()) EXPECT_EQ(s, 0);
}

TEST_P(GANLossTest, RefusesWhatDoesNotFit) {
  const auto critic = [](Tensor x) { return x.sum({-1}); };
  EXPECT_THROW(gradient_penalty(critic, ones({2, 3}), ones({2, 3})), TraceError);
  const auto traced = [&](const Tensor& a, const Tensor& b) {
    compile([&] { return gradient_penalty(critic, a, b); })();
  };
  EXPECT_THROW(traced(ones({2, 3}), ones({3, 3})), ShapeError);
  EXPECT_THROW(traced(ones({2}), ones({2})), ShapeError);
  EXPECT_THROW(traced(ones({0, 3}), ones({0, 3})), ShapeError);
}

}  // namespace
}  // namespace weft::testing
