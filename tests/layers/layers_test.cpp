// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/support/every_device.h"
#include "tests/support/near.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/compile.h"
#include "weft/dropout.h"
#include "weft/error.h"
#include "weft/flatten.h"
#include "weft/gradients.h"
#include "weft/linear.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

class LinearTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(LinearTest);
class BatchNormTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(BatchNormTest);
class DropoutTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(DropoutTest);
class FlattenTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(FlattenTest);
class ActivationsTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ActivationsTest);
class SoftmaxTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(SoftmaxTest);

using Floats = std::vector<float>;

Tensor counting(Shape shape) {
  Floats v(static_cast<std::size_t>(shape.numel()));
  std::iota(v.begin(), v.end(), 0.0f);
  return Tensor::of<float>(v, std::move(shape));
}

TEST_P(LinearTest, MultipliesByTheTransposedWeightAndAddsTheBias) {
  Linear layer(3, 2);
  layer.weight.assign(Tensor::of<float>({1, 2, 3, 4, 5, 6}, {2, 3}));
  layer.bias.assign(Tensor::of<float>({10, 20}, {2}));
  const Tensor y = layer(Tensor::of<float>({1, 0, -1, 2, 1, 0}, {2, 3}));
  EXPECT_EQ(y.to_vector(), (Floats{8, 18, 14, 33}));
  EXPECT_EQ(layer(counting({2, 5, 3})).shape(), (Shape{2, 5, 2}));
}

TEST_P(LinearTest, WithoutBias) {
  Linear layer(3, 2, {.bias = false, .init = init::constant(2)});
  EXPECT_FALSE(layer.bias.defined());
  EXPECT_EQ(layer.parameters().size(), 1u);
  EXPECT_EQ(layer(ones({1, 3})).to_vector(), (Floats{6, 6}));
}

TEST_P(LinearTest, DrawsWithinPyTorchsBound) {
  Linear layer(25, 400);
  layer.initialize(3);
  double largest = 0, sum = 0;
  for (const Variable& v : layer.parameters())
    for (const float x : v.value().to_vector()) {
      largest = std::max(largest, std::abs(double{x}));
      sum += x;
    }
  EXPECT_LE(largest, 0.2);  // 1 / sqrt(25)
  EXPECT_GT(largest, 0.19);
  EXPECT_NEAR(sum / 10400, 0, 0.2 / std::sqrt(3.0) / std::sqrt(10400.0) * 4);  // four standard errors
}

TEST_P(LinearTest, ChecksItsSizes) {
  EXPECT_THROW(Linear(0, 2), ValueError);
  const Linear layer(3, 2);
  EXPECT_THROW(layer(ones({2, 4})), ShapeError);
  EXPECT_THROW(layer(Tensor::scalar(1.0f)), ShapeError);
}

// Two features, three rows: means 2 and 5, biased variances 2/3 and 6, unbiased 1 and 9.
Tensor batch() { return Tensor::of<float>({1, 5, 2, 2, 3, 8}, {3, 2}); }

TEST_P(BatchNormTest, NormalizesTheBatchInTraining) {
  BatchNorm norm(2);
  norm.weight.assign(Tensor::of<float>({1, 2}, {2}));
  norm.bias.assign(Tensor::of<float>({0, 10}, {2}));
  const double a = 1 / std::sqrt(2.0 / 3 + 1e-5), b = 2 * 3 / std::sqrt(6 + 1e-5);
  expect_near(norm(batch()), {-a, 10, 0, 10 - b, a, 10 + b}, 1e-5);
}

TEST_P(BatchNormTest, MovesItsStatisticsAsPyTorchDoes) {
  BatchNorm norm(2);
  norm(batch());
  // 0.9 * old + 0.1 * new, with the unbiased variance.
  expect_near(norm.running_mean, {0.2, 0.5}, 1e-6);
  expect_near(norm.running_var, {0.9 + 0.1 * 1, 0.9 + 0.1 * 9}, 1e-6);
  EXPECT_EQ(norm.num_batches_tracked.value().item<std::int64_t>(), 1);
  norm(batch());
  expect_near(norm.running_mean, {0.38, 0.95}, 1e-6);
  EXPECT_EQ(norm.num_batches_tracked.value().item<std::int64_t>(), 2);
}

TEST_P(BatchNormTest, UsesItsStatisticsInEvaluationAndWhenFrozen) {
  BatchNorm norm(2);
  norm.running_mean.assign(Tensor::of<float>({1, 2}, {2}));
  norm.running_var.assign(Tensor::of<float>({4, 9}, {2}));
  const std::vector<double> wanted{0, 1, 0.5, 0, 1, 2};
  norm.eval();
  expect_near(norm(batch()), wanted, 1e-5);
  norm.freeze();
  norm.train();
  expect_near(norm(batch()), wanted, 1e-5);
  EXPECT_EQ(norm.running_mean.value().to_vector(), (Floats{1, 2}));
  EXPECT_EQ(norm.num_batches_tracked.value().item<std::int64_t>(), 0);
  norm.unfreeze();
  norm(batch());
  EXPECT_EQ(norm.num_batches_tracked.value().item<std::int64_t>(), 1);
}

TEST_P(BatchNormTest, CountsEveryPositionOfAnImage) {
  BatchNorm norm(1);
  norm(counting({1, 2, 2, 1}));  // 0 1 2 3: mean 1.5, unbiased variance 5/3
  expect_near(norm.running_mean, {0.15}, 1e-6);
  expect_near(norm.running_var, {0.9 + 0.1 * 5 / 3}, 1e-6);
}

TEST_P(BatchNormTest, TwoCallsInOneProgramMoveTwice) {
  BatchNorm norm(2);
  auto program = compile([&](Tensor x) { return norm(x) + norm(x); });
  program(batch());
  expect_near(norm.running_mean, {0.38, 0.95}, 1e-6);
  EXPECT_EQ(norm.num_batches_tracked.value().item<std::int64_t>(), 2);
}

TEST_P(BatchNormTest, GradientsGoThroughTheBatchsStatistics) {
  BatchNorm norm(2);
  const Tensor probe = Tensor::of<float>({1, -2, 0.5f, 3, -1, 1}, {3, 2});
  const auto f = [&](const Tensor& x) { return (norm(x) * probe).sum(); };
  const Tensor gradient = grad(f)(batch());
  const Floats analytic = gradient.to_vector();
  Floats x = batch().to_vector();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const float h = 1e-2f, at = x[i];
    x[i] = at + h;
    const double up = f(Tensor::of<float>(x, {3, 2})).item<double>();
    x[i] = at - h;
    const double down = f(Tensor::of<float>(x, {3, 2})).item<double>();
    x[i] = at;
    EXPECT_NEAR(analytic[i], (up - down) / (2 * double{h}), 2e-3);  // rounding 1e-6 / h, truncation h^2
  }
}

TEST_P(BatchNormTest, ChecksItsInput) {
  const BatchNorm norm(2);
  EXPECT_THROW(norm(ones({3, 4})), ShapeError);
  EXPECT_THROW(norm(ones({2})), ShapeError);
  try {
    norm(ones({1, 2}));
    FAIL() << "nothing was thrown";
  } catch (const ShapeError& e) {
    EXPECT_STREQ(e.what(),
                 "[batch_norm] input is (1, 2), training needs more than one value per feature; set drop_last or "
                 "another batch_size, so that no batch has one row");
  }
  EXPECT_THROW(BatchNorm(0), ValueError);
  EXPECT_THROW(BatchNorm(2, {.momentum = -0.1}), ValueError);
  EXPECT_THROW(BatchNorm(2, {.momentum = std::numeric_limits<double>::quiet_NaN()}), ValueError);
  EXPECT_THROW(BatchNorm(2, {.eps = 0}), ValueError);
}

TEST_P(DropoutTest, ZeroesInTrainingOnly) {
  Dropout layer(0.25);
  const Tensor x = ones({100, 100});
  const Floats y = layer(x).to_vector();
  int zeros = 0;
  for (const float v : y) {
    EXPECT_TRUE(v == 0 || std::abs(v - 4.0f / 3) < 1e-6) << v;
    zeros += v == 0;
  }
  EXPECT_NEAR(zeros, 2500, 5 * std::sqrt(10000 * 0.25 * 0.75));
  layer.eval();
  EXPECT_EQ(layer(x).to_vector(), x.to_vector());
  EXPECT_EQ(Dropout(0)(x).to_vector(), x.to_vector());
  EXPECT_THROW(Dropout(1.0), ValueError);
  EXPECT_THROW(Dropout(-0.1), ValueError);
}

TEST_P(FlattenTest, ImagesComeInChannelOrder) {
  const Flatten layer;
  // (1, h=1, w=2, c=3): element (w, c) is 3 w + c.
  EXPECT_EQ(layer(counting({1, 1, 2, 3})).to_vector(), (Floats{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(layer(counting({2, 2, 3})).to_vector(), counting({2, 6}).to_vector());
  EXPECT_EQ(layer(counting({2, 2, 3})).shape(), (Shape{2, 6}));
  EXPECT_EQ(layer(zeros({0, 2, 3, 4})).shape(), (Shape{0, 24}));
  EXPECT_THROW(layer(ones({3})), ShapeError);
}

TEST_P(ActivationsTest, ComputeTheirFormulas) {
  const std::vector<double> x{-3, -0.5, 0, 0.25, 2};
  const Tensor in = Tensor::of<double>(x, {5});
  const auto check = [&](const auto& layer, double (*formula)(double)) {
    std::vector<double> wanted;
    for (const double v : x) wanted.push_back(formula(v));
    expect_near(layer(in), wanted, 1e-12);
  };
  check(ReLU(), [](double v) { return v > 0 ? v : 0; });
  check(LeakyReLU(0.2), [](double v) { return v > 0 ? v : 0.2 * v; });
  check(Sigmoid(), [](double v) { return 1 / (1 + std::exp(-v)); });
  check(Tanh(), [](double v) { return (std::exp(2 * v) - 1) / (std::exp(2 * v) + 1); });
  check(GELU(), [](double v) { return v * 0.5 * std::erfc(-v / std::sqrt(2.0)); });
  check(GELU(GELUForm::kTanh), [](double v) {
    return 0.5 * v * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (v + 0.044715 * v * v * v)));
  });
  check(SiLU(), [](double v) { return v / (1 + std::exp(-v)); });
}

TEST_P(SoftmaxTest, SumsToOneAlongItsAxis) {
  const Tensor x = Tensor::of<double>({0, std::log(3.0), 1, 1}, {2, 2});
  expect_near(Softmax()(x), {0.25, 0.75, 0.5, 0.5}, 1e-12);
  expect_near(Softmax(0)(x).sum({0}), {1, 1}, 1e-12);
}

}  // namespace
}  // namespace weft::testing
