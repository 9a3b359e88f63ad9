// SPDX-License-Identifier: Apache-2.0
#include "weft/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
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

class StatisticsTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(StatisticsTest);
class IntegerDrawsTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(IntegerDrawsTest);

using Doubles = std::vector<double>;
constexpr double kInf = std::numeric_limits<double>::infinity();

TEST_P(StatisticsTest, NormsOfAnyPower) {
  const Tensor x = Tensor::of<double>({3, -4, 0, 0, 1, -2}, {2, 3});
  EXPECT_EQ(norm(x, 2, {1}).to_vector<double>(), (Doubles{5, std::sqrt(5.0)}));
  EXPECT_EQ(norm(x, 1, {1}).to_vector<double>(), (Doubles{7, 3}));
  EXPECT_EQ(norm(x, 0, {1}).to_vector<double>(), (Doubles{2, 2}));
  EXPECT_EQ(norm(x, kInf, {1}, true).shape(), (Shape{2, 1}));
  EXPECT_EQ(norm(x, kInf, {1}).to_vector<double>(), (Doubles{4, 2}));
  EXPECT_EQ(norm(x, -kInf, {0}).to_vector<double>(), (Doubles{0, 1, 0}));
  EXPECT_NEAR(norm(x, 3).item<double>(), std::cbrt(27.0 + 64 + 1 + 8), 1e-14);
  EXPECT_EQ(norm(Tensor::of<std::int64_t>({3, 4}, {2})).item(), 5);
  EXPECT_EQ(norm(zeros({0})).item(), 0);
  EXPECT_THROW(norm(x, std::nan("")), ValueError);
  for (const double p : {1.0, 2.0, 3.0, 2.5})
    EXPECT_TRUE(check_gradients([&](Tensor z) { return norm(z, p, {1}); }, {{{3, 4}, DType::kF64}}).ok) << p;
  for (const double p : {1.0, 2.0, 3.0, 1.5})
    EXPECT_EQ(grad([&](const Tensor& z) { return norm(z, p); })(zeros({3})).to_vector<double>(), Doubles(3)) << p;
}

TEST_P(StatisticsTest, StandardDeviationIsTheRootOfTheVariance) {
  const Tensor x = Tensor::of<double>({1, 2, 3, 6}, {4});
  EXPECT_NEAR(standard_deviation(x).item<double>(), std::sqrt(14.0 / 3), 1e-15);
  EXPECT_NEAR(standard_deviation(x, {0}, false, 0).item<double>(), std::sqrt(3.5), 1e-15);
  EXPECT_EQ(standard_deviation(x, {0}, true).shape(), (Shape{1}));
}

TEST_P(StatisticsTest, QuantilesLieBetweenNeighbors) {
  const Tensor x = Tensor::of<double>({4, 1, 3, 2, 10, 30, 20, 40}, {2, 4});
  EXPECT_EQ(quantile(x, 0).to_vector<double>(), (Doubles{1, 10}));
  EXPECT_EQ(quantile(x, 1).to_vector<double>(), (Doubles{4, 40}));
  EXPECT_EQ(quantile(x, 0.5).to_vector<double>(), (Doubles{2.5, 25}));
  EXPECT_EQ(quantile(x, 0.25, 1, true).to_vector<double>(), (Doubles{1.75, 17.5}));
  EXPECT_EQ(quantile(x, 0.75, 0).to_vector<double>(), (Doubles{8.5, 22.75, 15.75, 30.5}));
  EXPECT_EQ(median(x).to_vector<double>(), (Doubles{2, 20}));
  EXPECT_EQ(median(Tensor::of<std::int64_t>({7, 5, 6}, {3})).item<std::int64_t>(), 6);
  EXPECT_EQ(median(x, 0, true).shape(), (Shape{1, 4}));
  const Tensor bad = Tensor::of<double>({1, std::nan(""), 3, 2, 1, 0}, {2, 3});
  EXPECT_TRUE(std::isnan(median(bad).to_vector<double>()[0]));
  EXPECT_TRUE(std::isnan(quantile(bad, 0.1).to_vector<double>()[0]));
  EXPECT_EQ(median(bad).to_vector<double>()[1], 1);
  EXPECT_EQ(quantile(Tensor::of<double>({-kInf, 1, 2}, {3}), 0.5).item<double>(), 1);
  EXPECT_TRUE(check_gradients([](Tensor z) { return quantile(z, 0.3); }, {{{3, 5}, DType::kF64}}).ok);
  EXPECT_EQ(compile([](Tensor z) { return quantile(z, 0.4); })(x).to_vector(), quantile(x, 0.4).to_vector());
  EXPECT_THROW(quantile(x, 1.5), ValueError);
  EXPECT_THROW(quantile(x, std::nan("")), ValueError);
  EXPECT_THROW(quantile(zeros({3, 0}), 0.5), ShapeError);
  EXPECT_THROW(median(zeros({0})), ShapeError);
  EXPECT_THROW(median(Tensor::scalar(1.0)), ShapeError);
}

TEST_P(IntegerDrawsTest, AreAllAsLikely) {
  seed(5);
  const std::vector<std::int64_t> draws = randint(-2, 3, {5000}).to_vector<std::int64_t>();
  std::vector<int> counts(5);
  for (const std::int64_t x : draws) {
    ASSERT_GE(x, -2);
    ASSERT_LT(x, 3);
    ++counts[static_cast<std::size_t>(x + 2)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000 * 0.8));  // five standard deviations
  EXPECT_EQ(randint(7, 8, {3}, DType::kU8).to_vector<int>(), (std::vector<int>{7, 7, 7}));
  const std::int64_t low = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t x : randint(low, low + 3, {64}).to_vector<std::int64_t>()) EXPECT_LT(x, low + 3);
  EXPECT_EQ(randint(0, 3, {0}).shape(), (Shape{0}));
  EXPECT_THROW(randint(3, 3, {1}), ValueError);
  EXPECT_THROW(randint(low, std::numeric_limits<std::int64_t>::max(), {1}), ValueError);
  EXPECT_THROW(randint(0, 3, {1}, DType::kF32), DTypeError);
  EXPECT_THROW(randint(0, 3, {1}, DType::kBool), DTypeError);
}

TEST_P(IntegerDrawsTest, PermutationsHaveEachNumberOnce) {
  seed(6);
  const std::vector<std::int64_t> first = randperm(100).to_vector<std::int64_t>(),
                                  second = randperm(100).to_vector<std::int64_t>();
  EXPECT_EQ(std::set<std::int64_t>(first.begin(), first.end()).size(), 100u);
  EXPECT_NE(first, second);
  EXPECT_EQ(randperm(0).shape(), (Shape{0}));
  EXPECT_THROW(randperm(-1), ShapeError);
}

TEST_P(IntegerDrawsTest, BernoulliFollowsItsProbabilities) {
  seed(7);
  const Tensor p = Tensor::of<float>({0, 0.25f, 1, std::nanf("")}, {4});
  const Tensor draws = bernoulli(broadcast_to(p, {4000, 4}));
  const Doubles mean = draws.mean({0}).to_vector<double>();
  EXPECT_EQ(mean[0], 0);
  EXPECT_NEAR(mean[1], 0.25, 5 * std::sqrt(0.25 * 0.75 / 4000));
  EXPECT_EQ(mean[2], 1);
  EXPECT_EQ(mean[3], 0);
  EXPECT_EQ(bernoulli({3}, 1, DType::kBF16).dtype(), DType::kBF16);
  EXPECT_THROW(bernoulli({3}, 1.5), ValueError);
  EXPECT_THROW(bernoulli({3}, 0.5, DType::kI64), DTypeError);
  EXPECT_THROW(bernoulli(arange(3)), DTypeError);
  // Each run of a program draws anew.
  auto program = compile([] { return randint(0, 1'000'000'000, {4}); });
  EXPECT_NE(program().to_vector<std::int64_t>(), program().to_vector<std::int64_t>());
}

}  // namespace
}  // namespace weft::testing
