// SPDX-License-Identifier: Apache-2.0
#include "weft/noise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/activation_functions.h"
#include "weft/compile.h"
#include "weft/dropout.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/statistics.h"

namespace weft::testing {
namespace {

class NoiseTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(NoiseTest);

double mean_of(const Tensor& x) { return x.to(DType::kF64).mean().item<double>(); }
double deviation_of(const Tensor& x) { return standard_deviation(x.to(DType::kF64)).item<double>(); }

TEST_P(NoiseTest, AlphaDropoutKeepsMeanAndVarianceOfSELU) {
  seed(1);
  const Tensor x = selu(randn({200, 200}));
  const Tensor y = alpha_dropout(x, 0.3);
  EXPECT_NEAR(mean_of(y), mean_of(x), 0.03);
  EXPECT_NEAR(deviation_of(y), deviation_of(x), 0.03);
  // A dropped element of any value is one number.
  const std::vector<float> ones_dropped = alpha_dropout(ones({1000}), 0.3).to_vector();
  const std::set<float> values(ones_dropped.begin(), ones_dropped.end());
  ASSERT_EQ(values.size(), 2u);
  const double limit = -1.7580993408473766, a = 1 / std::sqrt(0.7 * (1 + 0.3 * limit * limit)), b = -a * 0.3 * limit;
  EXPECT_NEAR(*values.begin(), a * limit + b, 1e-6);
  EXPECT_NEAR(*values.rbegin(), a + b, 1e-6);
}

TEST_P(NoiseTest, FeaturesAndSamplesGoAsAWhole) {
  seed(2);
  const Tensor x = ones({50, 7, 40});
  const Tensor features = feature_dropout(x, 0.25), first = features.slice(1, 0, 1);
  EXPECT_TRUE(all(equal(features, first)).item<bool>());
  const Tensor kept = not_equal(first.reshape({50, 40}), 0);  // by sample and feature
  EXPECT_TRUE(all(any(kept, {1})).item<bool>());
  EXPECT_TRUE(all(any(logical_not(kept), {1})).item<bool>());
  EXPECT_TRUE(all(any(kept, {0})).item<bool>());
  EXPECT_NEAR(mean_of(equal(first, 0).to(DType::kF32)), 0.25, 5 * std::sqrt(0.25 * 0.75 / 2000));
  EXPECT_NEAR(first.max().item(), 1 / 0.75, 1e-6);
  const Tensor samples = stochastic_depth(ones({2000, 3}), 0.25), one = samples.slice(1, 0, 1);
  EXPECT_TRUE(all(equal(samples, one)).item<bool>());
  EXPECT_NEAR(mean_of(equal(one, 0).to(DType::kF32)), 0.25, 5 * std::sqrt(0.25 * 0.75 / 2000));
  // A dropped NaN is 0.
  const Tensor bad = full({100, 2}, std::nan(""));
  EXPECT_TRUE(any(equal(stochastic_depth(bad, 0.5), 0)).item<bool>());
  EXPECT_THROW(feature_dropout(ones({3}), 0.5), ShapeError);
  EXPECT_THROW(stochastic_depth(Tensor::scalar(1.0f), 0.5), ShapeError);
}

TEST_P(NoiseTest, GaussianNoiseHasItsDeviation) {
  seed(3);
  const Tensor noise = gaussian_noise(full({100, 100}, 2), 0.5);
  EXPECT_NEAR(mean_of(noise), 2, 5 * 0.5 / 100);
  EXPECT_NEAR(deviation_of(noise), 0.5, 0.02);
  EXPECT_EQ(gaussian_noise(ones({3}), 0).to_vector(), ones({3}).to_vector());
}

TEST_P(NoiseTest, EachRunDrawsAnewAndDTypesStay) {
  const Map all[] = {[](Tensor x) { return alpha_dropout(x, 0.5); }, [](Tensor x) { return feature_dropout(x, 0.5); },
                     [](Tensor x) { return stochastic_depth(x, 0.5); }, [](Tensor x) { return gaussian_noise(x, 1); }};
  for (const Map& f : all) {
    auto program = compile([&](Tensor x) { return f(x); });
    for (const DType dtype : {DType::kF64, DType::kF32, DType::kBF16, DType::kF16}) {
      const Tensor x = ones({64, 8}, dtype), y = program(x);
      EXPECT_EQ(y.dtype(), dtype);
      EXPECT_NE(y.to_vector<double>(), program(x).to_vector<double>());
      EXPECT_EQ(f(ones({0, 8}, dtype)).shape(), (Shape{0, 8}));
    }
  }
  // Kept elements pass their gradient, scaled.
  const Tensor slope = grad([](const Tensor& x) { return stochastic_depth(x, 0.5).sum(); })(ones({64, 2}));
  const std::vector<float> slopes = slope.to_vector();
  EXPECT_EQ(std::set<float>(slopes.begin(), slopes.end()), (std::set<float>{0, 2}));
}

TEST_P(NoiseTest, LayersDoNothingOutsideOfTraining) {
  const Tensor x = ones({64, 8});
  const auto check = [&](auto layer) {
    EXPECT_NE(layer(x).to_vector(), x.to_vector());
    layer.eval();
    EXPECT_EQ(layer(x).to_vector(), x.to_vector());
  };
  check(AlphaDropout(0.5));
  check(FeatureDropout(0.5));
  check(StochasticDepth(0.5));
  check(GaussianNoise(0.5));
  EXPECT_THROW(AlphaDropout(1), ValueError);
  EXPECT_THROW(FeatureDropout(-0.1), ValueError);
  EXPECT_THROW(StochasticDepth(std::nan("")), ValueError);
  EXPECT_THROW(GaussianNoise(-1), ValueError);
  EXPECT_THROW(alpha_dropout(x, 1), ValueError);
  EXPECT_THROW(gaussian_noise(x, -1), ValueError);
}

TEST_P(NoiseTest, MixupMixesRowsAndTheirTargetsAlike) {
  seed(4);
  const Tensor x = arange(16, DType::kF32).reshape({16, 1}), y = x * 2.0 + 1.0;
  std::set<float> shares;
  for (int run = 0; run < 20; ++run) {
    const Mixed mixed = mixup(x, y);
    EXPECT_LT(abs(mixed.target - (mixed.input * 2.0 + 1.0)).max().item(), 1e-4);
    EXPECT_NEAR(mean_of(mixed.input), 7.5, 1e-5);  // every row is one of the others once
    shares.insert(mixed.input.to_vector()[0]);
  }
  EXPECT_GT(shares.size(), 10u);
  EXPECT_EQ(mixup(ones({0, 3}), ones({0, 2})).input.shape(), (Shape{0, 3}));
  EXPECT_THROW(mixup(x, arange(16)), DTypeError);
  EXPECT_THROW(mixup(x, ones({15, 1})), ShapeError);
  EXPECT_THROW(mixup(x, y, 0), ValueError);
}

TEST_P(NoiseTest, CutmixPutsABoxOfOthersIntoImages) {
  seed(4);
  // Each image is one number, and its target says which.
  constexpr std::int64_t kImages = 6;
  const Tensor x = (arange(kImages).reshape({kImages, 1, 1, 1}) * ones({1, 8, 12, 3}, DType::kI64)).to(DType::kU8);
  const Tensor y = one_hot(arange(kImages), kImages);
  std::set<float> shares;
  for (int run = 0; run < 30; ++run) {
    const Mixed mixed = cutmix(x, y);
    EXPECT_EQ(mixed.input.dtype(), DType::kU8);
    for (std::int64_t i = 0; i < kImages; ++i) {
      const Tensor own = equal(mixed.input[i], x[i]).to(DType::kF32).mean({2});
      const float share = own.mean().item();
      // A box: as many rows as columns allow, whole pixels.
      const std::vector<float> rows = own.mean({1}).to_vector();
      EXPECT_LE(std::set<float>(rows.begin(), rows.end()).size(), 2u);
      // An image that is mixed with itself keeps its target.
      EXPECT_TRUE(share == 1 || std::abs(mixed.target[i][i].item() - share) < 1e-6f);
      EXPECT_NEAR(mixed.target[i].sum().item(), 1, 1e-6);
      shares.insert(share);
    }
  }
  EXPECT_GT(shares.size(), 10u);
  EXPECT_EQ(cutmix(ones({0, 3, 3, 1}), ones({0, 2})).input.shape(), (Shape{0, 3, 3, 1}));
  EXPECT_THROW(cutmix(x, arange(kImages)), DTypeError);
  EXPECT_THROW(cutmix(x, ones({5, 1})), ShapeError);
  EXPECT_THROW(cutmix(ones({6, 3}), y), ShapeError);
  EXPECT_THROW(cutmix(ones({6, 0, 3, 1}), y), ShapeError);
  EXPECT_THROW(cutmix(x, y, 0), ValueError);
}

TEST_P(NoiseTest, GammaAndBetaHaveTheirMoments) {
  seed(5);
  constexpr std::int64_t kDraws = 8000;
  for (const double k : {0.05, 0.5, 1.0, 3.0, 40.0}) {
    const Tensor draws = gamma({kDraws}, k, DType::kF64);
    EXPECT_NEAR(mean_of(draws), k, 5 * std::sqrt(k / kDraws)) << k;
    EXPECT_NEAR(deviation_of(draws), std::sqrt(k), 0.1 * std::sqrt(k) + 0.04) << k;
    EXPECT_GE(draws.min().item<double>(), 0) << k;
  }
  for (const double k : {60.0, 1e4, 1e10}) {
    const Tensor draws = gamma({kDraws}, k).to(DType::kF64);
    EXPECT_NEAR(mean_of(draws), k, 5 * std::sqrt(k / kDraws)) << k;
    EXPECT_NEAR(deviation_of(draws), std::sqrt(k), 0.04 * std::sqrt(k)) << k;
  }
  for (const double a : {0.01, 0.2, 1.0, 5.0}) {
    const Tensor draws = beta({kDraws}, a, 2 * a);
    const double spread = std::sqrt(2.0 / 9 / (3 * a + 1));
    EXPECT_NEAR(mean_of(draws), 1.0 / 3, 5 * spread / std::sqrt(kDraws)) << a;
    EXPECT_NEAR(deviation_of(draws), spread, 0.03) << a;
  }
  EXPECT_THROW(gamma({1}, 0), ValueError);
  EXPECT_THROW(beta({1}, 1, -1), ValueError);
  EXPECT_THROW(beta({1}, 1, 1, DType::kI64), DTypeError);
}

}  // namespace
}  // namespace weft::testing
