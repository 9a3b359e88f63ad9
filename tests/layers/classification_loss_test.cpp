// SPDX-License-Identifier: Apache-2.0
#include "weft/classification_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/near.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

class CrossEntropyTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(CrossEntropyTest);
class BCEWithLogitsTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(BCEWithLogitsTest);
class NLLTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(NLLTest);
class ProbabilitiesTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ProbabilitiesTest);
class AccuracyTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(AccuracyTest);

using Doubles = std::vector<double>;

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
  EXPECT_EQ(cross_entropy(none, labels, {.reduction = Reduction::kSum}).item(), 0);
}

TEST_P(CrossEntropyTest, ALabelOutOfRangeIsADataError) {
  const Tensor loss = cross_entropy(logits(), Tensor::of<std::int64_t>({0, 1, 3}, {3}));
  EXPECT_THROW(static_cast<void>(loss.item()), DataError);
}

TEST_P(BCEWithLogitsTest, IsTheLogisticLoss) {
  const Doubles x{-2, 0, 0.5, 3}, y{0, 1, 0.25, 1};
  Doubles wanted;
  for (std::size_t i = 0; i < 4; ++i) {
    const double s = 1 / (1 + std::exp(-x[i]));
    wanted.push_back(-y[i] * std::log(s) - (1 - y[i]) * std::log(1 - s));
  }
  expect_near(bce_with_logits(Tensor::of<double>(x, {4}), Tensor::of<double>(y, {4}), {.reduction = Reduction::kNone}),
              wanted, 1e-14);
  EXPECT_THROW(bce_with_logits(ones({3, 1}), ones({3})), ShapeError);
}

TEST_P(BCEWithLogitsTest, KeepsAllDigitsFarFromZero) {
  const Tensor x = Tensor::of<float>({30, -30, 200, -200, 200, -200}, {6}),
               y = Tensor::of<float>({1, 0, 1, 0, 0, 1}, {6});
  const std::vector<float> loss = bce_with_logits(x, y, {.reduction = Reduction::kNone}).to_vector();
  EXPECT_NEAR(loss[0], std::exp(-30.0), 1e-18);
  EXPECT_NEAR(loss[1], std::exp(-30.0), 1e-18);
  EXPECT_EQ(loss[4], 200);
  EXPECT_EQ(loss[5], 200);
  const auto f = [&](const Tensor& z) { return bce_with_logits(z, y, {.reduction = Reduction::kSum}); };
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

TEST_P(CrossEntropyTest, RowsHaveWeights) {
  const Tensor weight = Tensor::of<double>({2, 0, 0.5}, {3}), classes = Tensor::of<double>({1, 2, 5}, {3});
  const Doubles rows{-log_probability(0, 2), -log_probability(1, 0), -log_probability(2, 2)};
  expect_near(cross_entropy(logits(), labels(), {.weight = weight}), {(2 * rows[0] + 0.5 * rows[2]) / 2.5}, 1e-12);
  expect_near(cross_entropy(logits(), labels(), {.class_weight = classes, .weight = weight}),
              {(2 * 5 * rows[0] + 0.5 * 5 * rows[2]) / 12.5}, 1e-12);
  expect_near(cross_entropy(logits(), labels(), {.reduction = Reduction::kNone, .weight = weight}),
              {2 * rows[0], 0, 0.5 * rows[2]}, 1e-12);
  expect_near(CrossEntropy{{.weight = weight}}.row_weight(logits(), labels()), {2, 0, 0.5}, 0);
  EXPECT_EQ(shape_error([&] { cross_entropy(logits(), labels(), {.weight = ones({2})}); }),
            "[cross_entropy] weight is (2,), the losses are (3,); weights have the shape of the losses or that of "
            "their first "
            "axes");
}

TEST_P(NLLTest, IsCrossEntropyBehindLogSoftmax) {
  const Tensor classes = Tensor::of<double>({1, 2, 5}, {3}), weight = Tensor::of<double>({2, 1, 0.5}, {3});
  const Tensor some = Tensor::of<std::int64_t>({2, 1, 0}, {3});
  for (const Reduction r : {Reduction::kMean, Reduction::kSum, Reduction::kNone}) {
    const auto both = [&](const Tensor& x) {
      const Tensor a = nll(log_softmax(x), some, {1, r, classes, weight});
      const Tensor b = cross_entropy(x, some, {0, 1, r, classes, weight});
      return std::pair{a, b};
    };
    const auto [a, b] = both(logits());
    expect_near(a, b.to_vector<double>(), 1e-13);
    expect_near(grad([&](const Tensor& x) { return both(x).first.sum(); })(logits()),
                grad([&](const Tensor& x) { return both(x).second.sum(); })(logits()).to_vector<double>(), 1e-13);
  }
  expect_near(NLL{{.ignore_index = 1, .class_weight = classes}}.row_weight(logits(), some), {5, 0, 1}, 0);
  const Tensor image = logits().reshape({1, 3, 3});
  EXPECT_EQ(nll(image, some.reshape({1, 3}), {.reduction = Reduction::kNone}).shape(), (Shape{1, 3}));
}

TEST_P(NLLTest, RefusesWhatIsNoClass) {
  EXPECT_THROW(nll(logits(), logits()), DTypeError);
  EXPECT_THROW(nll(logits(), Tensor::of<std::int64_t>({0}, {1})), ShapeError);
  EXPECT_THROW(nll(logits(), labels(), {.class_weight = ones({2})}), ShapeError);
  const Tensor loss = nll(logits(), Tensor::of<std::int64_t>({0, 3, 1}, {3}));
  EXPECT_THROW(static_cast<void>(loss.item()), DataError);
  EXPECT_THROW(nll(zeros({0, 3}), zeros({0}, DType::kI64)), ShapeError);
}

TEST_P(NLLTest, AnIgnoredRowMayHaveNoProbability) {
  const Tensor p = Tensor::of<float>({0.25, 0.75, 0, 1}, {2, 2}), y = Tensor::of<std::int64_t>({0, -100}, {2});
  expect_near(nll_of_probabilities(p, y), {-std::log(0.25)}, 1e-6);
  const Tensor all = Tensor::of<std::int64_t>({-100, -100}, {2});
  EXPECT_EQ(nll_of_probabilities(p, all).item(), 0);
  EXPECT_EQ(grad([&](const Tensor& x) { return nll_of_probabilities(x, all); })(p).to_vector(),
            (std::vector<float>(4)));
}

TEST_P(ProbabilitiesTest, AreThoseOfAFirstCourse) {
  const Tensor p = Tensor::of<float>({1, 0, 0.5, 0.5, 0.25, 0.75, 0, 1}, {4, 2});
  const Tensor y = zeros({4}, DType::kI64);
  const std::vector<float> loss = nll_of_probabilities(p, y, {.reduction = Reduction::kNone}).to_vector();
  EXPECT_EQ(loss[0], 0);
  EXPECT_NEAR(loss[1], 0.693147, 1e-6);
  EXPECT_NEAR(loss[2], 1.386294, 1e-6);
  EXPECT_EQ(loss[3], std::numeric_limits<float>::infinity());
  const Tensor first = p.column(0), one = ones({4});
  EXPECT_EQ(bce(first, one, {.reduction = Reduction::kNone}).to_vector(), loss);
  EXPECT_EQ(bce(1 - first, zeros({4}), {.reduction = Reduction::kNone}).to_vector(), loss);
}

TEST_P(ProbabilitiesTest, ZeroGivesNoNaNBehindASoftmax) {
  const Tensor x = Tensor::of<float>({0, 300, 300, 0}, {2, 2}), y = Tensor::of<std::int64_t>({0, 0}, {2});
  const auto loss = [&](const Tensor& z) { return nll_of_probabilities(softmax(z), y); };
  EXPECT_EQ(loss(x).item(), std::numeric_limits<float>::infinity());
  for (const float slope : grad(loss)(x).to_vector()) EXPECT_TRUE(std::isfinite(slope)) << slope;
  const Tensor z = Tensor::of<float>({-300, 300, 0}, {3}), t = Tensor::of<float>({1, 0, 1}, {3});
  for (const float slope : grad([&](const Tensor& v) { return bce(sigmoid(v), t); })(z).to_vector())
    EXPECT_TRUE(std::isfinite(slope)) << slope;
  // A number that is no probability gives NaN, not a large loss.
  EXPECT_TRUE(std::isnan(bce(Tensor::of<float>({-0.5f}, {1}), ones({1})).item()));
}

TEST_P(ProbabilitiesTest, ATermWhoseFactorIsZeroIsZero) {
  const Tensor p = Tensor::of<double>({0, 1, 0, 1}, {4}), y = Tensor::of<double>({0, 1, 1, 0}, {4});
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(bce(p, y, {.reduction = Reduction::kNone}).to_vector<double>(), (Doubles{0, 0, inf, inf}));
  const Tensor q = Tensor::of<double>({0, 1, 0.25, 0.75}, {2, 2}),
               log_p = log(Tensor::of<double>({0, 1, 0.5, 0.5}, {2, 2}));
  const double second = 0.25 * std::log(0.5) + 0.75 * std::log(1.5);
  expect_near(kl_divergence(log_p, q, {.reduction = Reduction::kNone}), {0, second}, 1e-15);
  expect_near(kl_divergence(log_p, q), {second / 2}, 1e-15);
}

TEST_P(BCEWithLogitsTest, PositiveTargetsHaveAWeight) {
  const Tensor x = Tensor::of<double>({-2, 0, 0.5, 3}, {2, 2}), y = Tensor::of<double>({0, 1, 0.25, 1}, {2, 2});
  const Tensor plain = y * softplus(-x), rest = (1.0 - y) * softplus(x), factor = Tensor::of<double>({3, 0.5}, {2});
  expect_near(bce_with_logits(x, y, {.pos_weight = factor}), {(factor * plain + rest).mean().item<double>()}, 1e-15);
  EXPECT_THROW(bce_with_logits(x, y, {.pos_weight = ones({3})}), ShapeError);
  EXPECT_THROW(bce_with_logits(x, y, {.pos_weight = ones({1, 2, 2})}), ShapeError);
}

TEST_P(BCEWithLogitsTest, FocalLossesWeighWhatIsNotYetRight) {
  const Tensor x = Tensor::of<double>({-2, 0, 0.5, 3}, {4}), y = Tensor::of<double>({0, 1, 0, 1}, {4});
  expect_near(focal_loss(x, y, {.gamma = 0, .alpha = -1}), {bce_with_logits(x, y).item<double>()}, 1e-15);
  Doubles wanted;
  for (std::size_t i = 0; i < 4; ++i) {
    const double s = 1 / (1 + std::exp(-x.to_vector<double>()[i])), t = y.to_vector<double>()[i];
    wanted.push_back(t == 1 ? -0.25 * (1 - s) * (1 - s) * std::log(s) : -0.75 * s * s * std::log(1 - s));
  }
  expect_near(focal_loss(x, y, {.reduction = Reduction::kNone}), wanted, 1e-15);
  // An odd power shows the sign of what is missing, and a target between both classes misses p + y - 2 p y.
  const double p = 1 / (1 + std::exp(-0.5)), loss = -0.25 * std::log(p) - 0.75 * std::log(1 - p);
  expect_near(focal_loss(Tensor::scalar(0.5), Tensor::scalar(0.25), {.gamma = 1, .alpha = -1}),
              {loss * (p + 0.25 - 0.5 * p)}, 1e-15);
  EXPECT_THROW(focal_loss(x, y, {.gamma = -1}), ValueError);
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
