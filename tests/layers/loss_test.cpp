// SPDX-License-Identifier: Apache-2.0
#include "weft/loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

class CrossEntropyTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(CrossEntropyTest);
class MSETest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(MSETest);
class L1Test : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(L1Test);
class HuberTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(HuberTest);
class BCEWithLogitsTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(BCEWithLogitsTest);
class AccuracyTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(AccuracyTest);

using Doubles = std::vector<double>;

void expect_near(const Tensor& got, const Doubles& wanted, double tolerance) {
  const Doubles values = got.to_vector<double>();
  ASSERT_EQ(values.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(values[i], wanted[i], tolerance) << i;
}

const Doubles kLogits{0.5, -1, 2, 1, 0, -0.5, -2, 3, 0.25};

Tensor logits() { return Tensor::of<double>(kLogits, {3, 3}); }
Tensor labels() { return Tensor::of<std::int64_t>({2, 0, 2}, {3}); }

double log_probability(std::size_t row, std::size_t c) {
  double sum = 0;
  for (std::size_t k = 0; k < 3; ++k) sum += std::exp(kLogits[3 * row + k]);
  return kLogits[3 * row + c] - std::log(sum);
}

TEST_P(CrossEntropyTest, IsTheMeanNegativeLogLikelihood) {
  const Doubles rows{-log_probability(0, 2), -log_probability(1, 0), -log_probability(2, 2)};
  expect_near(cross_entropy(logits(), labels()), {(rows[0] + rows[1] + rows[2]) / 3}, 1e-12);
  expect_near(cross_entropy(logits(), labels(), {.reduction = Reduction::kSum}), {rows[0] + rows[1] + rows[2]}, 1e-12);
  expect_near(cross_entropy(logits(), labels(), {.reduction = Reduction::kNone}), rows, 1e-12);
  expect_near(CrossEntropy()(logits(), labels()), {(rows[0] + rows[1] + rows[2]) / 3}, 1e-12);
}

TEST_P(CrossEntropyTest, WeightsDivideTheMean) {
  const Tensor weight = Tensor::of<double>({1, 2, 5}, {3});
  const double sum = -5 * log_probability(0, 2) - log_probability(1, 0) - 5 * log_probability(2, 2);
  expect_near(cross_entropy(logits(), labels(), {.class_weight = weight}), {sum / 11}, 1e-12);
}

TEST_P(CrossEntropyTest, IgnoredRowsCountForNothing) {
  const Tensor some = Tensor::of<std::int64_t>({2, -100, 2}, {3});
  expect_near(cross_entropy(logits(), some), {-(log_probability(0, 2) + log_probability(2, 2)) / 2}, 1e-12);
  expect_near(cross_entropy(logits(), labels(), {.ignore_index = 2}), {-log_probability(1, 0)}, 1e-12);
}

// The sum over no row is 0, and nothing pulls at the logits. PyTorch gives NaN for both.
TEST_P(CrossEntropyTest, WithoutRowsThatCountLossAndGradientAre0) {
  const auto expect_zeros = [](const Tensor& x, std::int64_t label, const CrossEntropyOptions& options) {
    const Tensor target = full({x.dim(0)}, label, DType::kI64);
    auto step = compile([&](Tensor logits) {
      const Tensor loss = cross_entropy(logits, target, options);
      return std::pair{loss, grad([&](Tensor z) { return cross_entropy(z, target, options); })(logits)};
    });
    const auto [loss, slope] = step(x);
    EXPECT_EQ(loss.item<double>(), 0);
    EXPECT_EQ(slope.to(DType::kF32).to_vector(), std::vector<float>(static_cast<std::size_t>(x.numel())));
  };
  for (const DType dtype : {DType::kF64, DType::kF32, DType::kBF16, DType::kF16}) {
    const Tensor x = logits().to(dtype);
    expect_zeros(x, -100, {});
    expect_zeros(x, 1, {.ignore_index = 1});
    expect_zeros(x, -100, {.label_smoothing = 0.1, .class_weight = ones({3}, dtype)});
    expect_zeros(x, 0, {.class_weight = Tensor::of<double>({0, 1, 2}, {3}).to(dtype)});
  }
  expect_zeros(randn({1024, 1024}), -100, {});  // so many logits have the divisor in their kernel
}

TEST_P(CrossEntropyTest, RowsWeighWhatTheMeanDividesBy) {
  const Tensor some = Tensor::of<std::int64_t>({2, -100, 0}, {3}), weight = Tensor::of<double>({1, 2, 5}, {3});
  expect_near(CrossEntropy().row_weight(logits(), some), {1, 0, 1}, 0);
  expect_near(CrossEntropy{{.class_weight = weight}}.row_weight(logits(), some), {5, 0, 1}, 0);
  expect_near(CrossEntropy().row_weight(logits(), logits()), {1, 1, 1}, 0);
  EXPECT_EQ(CrossEntropy().row_weight(logits().reshape({3, 1, 3}), some.reshape({3, 1})).shape(), (Shape{3, 1}));
}

TEST_P(CrossEntropyTest, SmoothingSpreadsTheTarget) {
  double sum = 0;
  const std::size_t target[] = {2, 0, 2};
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t c = 0; c < 3; ++c) sum -= ((c == target[row] ? 0.7 : 0) + 0.1) * log_probability(row, c);
  expect_near(cross_entropy(logits(), labels(), {.label_smoothing = 0.3}), {sum / 3}, 1e-12);
}

TEST_P(CrossEntropyTest, TakesProbabilities) {
  const Doubles p{0.2, 0.3, 0.5, 1, 0, 0, 0.25, 0.25, 0.5};
  double sum = 0;
  for (std::size_t row = 0; row < 3; ++row)
    for (std::size_t c = 0; c < 3; ++c) sum -= p[3 * row + c] * log_probability(row, c);
  expect_near(cross_entropy(logits(), Tensor::of<double>(p, {3, 3})), {sum / 3}, 1e-12);
}

TEST_P(CrossEntropyTest, TakesLeadingAxes) {
  const Tensor x = concat({logits(), logits()}).reshape({2, 3, 3});
  const Tensor y = concat({labels(), labels()}).reshape({2, 3});
  expect_near(cross_entropy(x, y), cross_entropy(logits(), labels()).to_vector<double>(), 1e-12);
  EXPECT_EQ(cross_entropy(x, y, {.reduction = Reduction::kNone}).shape(), (Shape{2, 3}));
}

TEST_P(CrossEntropyTest, SaysWhatItWants) {
  try {
    cross_entropy(logits(), ones({3, 1}, DType::kI64));
    FAIL() << "nothing was thrown";
  } catch (const ShapeError& e) {
    EXPECT_STREQ(e.what(),
                 "[cross_entropy] logits are f64(3, 3), target is i64(3, 1); logits (n, c) want class indices (n) or "
                 "probabilities (n, c)");
  }
  EXPECT_THROW(cross_entropy(ones({3}), ones({}, DType::kI64)), ShapeError);
  EXPECT_THROW(cross_entropy(Tensor::scalar(1.0f), Tensor::scalar(1.0f)), ShapeError);
}

// The text of the ShapeError that `f` throws.
template <class F>
std::string shape_error(F f) {
  try {
    f();
  } catch (const ShapeError& e) {
    return e.what();
  }
  return "nothing was thrown";
}

TEST_P(CrossEntropyTest, AnEmptyBatchHasNoMean) {
  const Tensor none = zeros({0, 3}), labels = zeros({0}, DType::kI64);
  EXPECT_EQ(shape_error([&] { cross_entropy(none, labels); }),
            "[cross_entropy] logits are (0, 3); an empty batch has no mean");
  EXPECT_EQ(shape_error([&] { accuracy(none, labels); }), "[accuracy] logits are (0, 3); an empty batch has no mean");
  EXPECT_EQ(shape_error([&] { mse_loss(none, none); }), "[mse_loss] prediction is (0, 3); an empty batch has no mean");
  EXPECT_EQ(shape_error([&] { l1_loss(none, none); }), "[l1_loss] prediction is (0, 3); an empty batch has no mean");
  EXPECT_EQ(shape_error([&] { huber_loss(none, none); }),
            "[huber_loss] prediction is (0, 3); an empty batch has no mean");
  EXPECT_EQ(shape_error([&] { bce_with_logits(none, none); }),
            "[bce_with_logits] prediction is (0, 3); an empty batch has no mean");
  EXPECT_EQ(cross_entropy(none, labels, {.reduction = Reduction::kSum}).item(), 0);
  EXPECT_EQ(mse_loss(none, none, Reduction::kNone).shape(), (Shape{0, 3}));
}

TEST_P(CrossEntropyTest, ALabelOutOfRangeIsADataError) {
  const Tensor loss = cross_entropy(logits(), Tensor::of<std::int64_t>({0, 1, 3}, {3}));
  EXPECT_THROW(static_cast<void>(loss.item()), DataError);
}

TEST_P(MSETest, SquaresDifferences) {
  const Tensor a = Tensor::of<double>({1, 2, 4}, {3}), b = Tensor::of<double>({0, 4, 4}, {3});
  expect_near(mse_loss(a, b), {5.0 / 3}, 1e-15);
  expect_near(mse_loss(a, b, Reduction::kSum), {5}, 1e-15);
  expect_near(MSE{Reduction::kNone}(a, b), {1, 4, 0}, 1e-15);
  EXPECT_THROW(mse_loss(ones({3, 1}), ones({3})), ShapeError);
}

TEST_P(L1Test, TakesMagnitudes) {
  const Tensor a = Tensor::of<double>({1, 2, 4}, {3}), b = Tensor::of<double>({0, 4, 4}, {3});
  expect_near(l1_loss(a, b), {1}, 1e-15);
  expect_near(L1{Reduction::kNone}(a, b), {1, 2, 0}, 1e-15);
  EXPECT_THROW(l1_loss(ones({3, 1}), ones({3})), ShapeError);
}

TEST_P(HuberTest, IsQuadraticThenLinear) {
  const Tensor d = Tensor::of<double>({-3, -0.5, 0, 0.25, 2, 5}, {6});
  expect_near(huber_loss(d, zeros_like(d), 2, Reduction::kNone), {2 * (3 - 1), 0.125, 0, 0.03125, 2, 2 * (5 - 1)},
              1e-15);
  expect_near(Huber{.delta = 2}(d, zeros_like(d)), {(4 + 0.125 + 0.03125 + 2 + 8) / 6}, 1e-15);
  const auto f = [](const Tensor& x) { return huber_loss(x, zeros_like(x), 2, Reduction::kSum); };
  expect_near(grad(f)(d), {-2, -0.5, 0, 0.25, 2, 2}, 1e-15);
  EXPECT_THROW(huber_loss(d, d, 0), ValueError);
}

TEST_P(BCEWithLogitsTest, IsTheLogisticLoss) {
  const Doubles x{-2, 0, 0.5, 3}, y{0, 1, 0.25, 1};
  Doubles wanted;
  for (std::size_t i = 0; i < 4; ++i) {
    const double s = 1 / (1 + std::exp(-x[i]));
    wanted.push_back(-y[i] * std::log(s) - (1 - y[i]) * std::log(1 - s));
  }
  expect_near(bce_with_logits(Tensor::of<double>(x, {4}), Tensor::of<double>(y, {4}), Reduction::kNone), wanted, 1e-14);
  EXPECT_THROW(bce_with_logits(ones({3, 1}), ones({3})), ShapeError);
}

TEST_P(BCEWithLogitsTest, KeepsAllDigitsFarFromZero) {
  const Tensor x = Tensor::of<float>({30, -30, 200, -200, 200, -200}, {6}),
               y = Tensor::of<float>({1, 0, 1, 0, 0, 1}, {6});
  const std::vector<float> loss = bce_with_logits(x, y, Reduction::kNone).to_vector();
  EXPECT_NEAR(loss[0], std::exp(-30.0), 1e-18);
  EXPECT_NEAR(loss[1], std::exp(-30.0), 1e-18);
  EXPECT_EQ(loss[4], 200);
  EXPECT_EQ(loss[5], 200);
  const auto f = [&](const Tensor& z) { return bce_with_logits(z, y, Reduction::kSum); };
  const std::vector<float> slope = grad(f)(x).to_vector();
  EXPECT_NEAR(slope[0], -std::exp(-30.0), 1e-18);
  EXPECT_NEAR(slope[1], std::exp(-30.0), 1e-18);
  EXPECT_EQ(slope[4], 1);
  EXPECT_EQ(slope[5], -1);
}

TEST_P(BCEWithLogitsTest, KnownDerivative) {
  // -log s(w x) at w = x = 3: d/dw = -x (1 - s(9)) = -3.7018372e-4.
  const Tensor one = Tensor::scalar(1.0);
  const auto f = [&](const Tensor& w) { return bce_with_logits(w * 3.0, one); };
  EXPECT_NEAR(grad(f)(Tensor::scalar(3.0)).item<double>(), -3.7018372e-4, 1e-11);
  // And at 0, where forms with max(x, 0) and |x| have a wrong slope.
  EXPECT_NEAR(grad(f)(Tensor::scalar(0.0)).item<double>(), -1.5, 1e-15);
}

TEST_P(AccuracyTest, CountsTheRightRows) {
  expect_near(accuracy(logits(), labels()), {2.0 / 3}, 1e-7);
  const Tensor soft = Tensor::of<double>({0, 0.2, 0.8, 0, 1, 0, 0.4, 0.6, 0}, {3, 3});
  expect_near(accuracy(logits(), soft), {2.0 / 3}, 1e-7);
  EXPECT_THROW(accuracy(logits(), ones({2}, DType::kI64)), ShapeError);
}

TEST_P(AccuracyTest, IgnoredRowsCountForNothing) {
  const Tensor perfect = Tensor::of<float>({9, 0, 0, 9}, {2, 2});
  expect_near(accuracy(perfect, Tensor::of<std::int64_t>({0, -100}, {2})), {1}, 0);
  expect_near(accuracy(perfect, Tensor::of<std::int64_t>({1, -100}, {2})), {0}, 0);
  expect_near(accuracy(perfect, Tensor::of<std::int32_t>({0, 0}, {2}), 7), {0.5}, 0);
  expect_near(accuracy(perfect, Tensor::of<std::uint8_t>({0, 1}, {2}), 0), {1}, 0);
  EXPECT_TRUE(std::isnan(accuracy(perfect, Tensor::of<std::int64_t>({0, 0}, {2}), 0).item()));
}

}  // namespace
}  // namespace weft::testing
