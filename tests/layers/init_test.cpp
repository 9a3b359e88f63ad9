// SPDX-License-Identifier: Apache-2.0
#include "weft/init.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/every_device.h"
#include "weft/error.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

class InitTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(InitTest);

std::vector<double> draw(const Init& init, Shape shape, DType dtype = DType::kF32) {
  Generator generator(11);
  const GeneratorScope scope(generator);
  const Tensor x = init.draw(shape, dtype);
  EXPECT_EQ(x.shape(), shape);
  EXPECT_EQ(x.dtype(), dtype);
  return x.to_vector<double>();
}

struct Moments {
  double mean = 0, deviation = 0, largest = 0;
};

Moments moments(const std::vector<double>& x) {
  Moments m;
  for (const double v : x) m.mean += v / static_cast<double>(x.size());
  for (const double v : x) {
    m.deviation += (v - m.mean) * (v - m.mean) / static_cast<double>(x.size());
    m.largest = std::max(m.largest, std::abs(v));
  }
  m.deviation = std::sqrt(m.deviation);
  return m;
}

// 40,000 draws: the mean is within 4 / 200 deviations, the deviation within 2 %.
void expect_moments(const Moments& m, double mean, double deviation) {
  EXPECT_NEAR(m.mean, mean, 0.02 * deviation);
  EXPECT_NEAR(m.deviation, deviation, 0.02 * deviation);
}

constexpr std::int64_t kOut = 100, kIn = 400;

TEST_P(InitTest, Constants) {
  EXPECT_EQ(draw(init::zeros(), {3}), (std::vector<double>{0, 0, 0}));
  EXPECT_EQ(draw(init::constant(2.5), {2}, DType::kF64), (std::vector<double>{2.5, 2.5}));
  EXPECT_EQ(draw(init::zeros(), {}, DType::kI64), (std::vector<double>{0}));
}

TEST_P(InitTest, NormalAndUniform) {
  expect_moments(moments(draw(init::normal(0.5, 3), {kOut, kIn})), 3, 0.5);
  const std::vector<double> u = draw(init::uniform(-1, 3), {kOut, kIn});
  expect_moments(moments(u), 1, 4 / std::sqrt(12.0));
  EXPECT_GE(*std::min_element(u.begin(), u.end()), -1);
  EXPECT_LT(*std::max_element(u.begin(), u.end()), 3);
  draw(init::normal(), {8}, DType::kBF16);
}

TEST_P(InitTest, XavierAndKaimingScaleWithTheFans) {
  const Moments xu = moments(draw(init::xavier_uniform(2), {kOut, kIn}));
  const double bound = 2 * std::sqrt(6.0 / (kOut + kIn));
  expect_moments(xu, 0, bound / std::sqrt(3.0));
  EXPECT_LE(xu.largest, bound);
  expect_moments(moments(draw(init::xavier_normal(), {kOut, kIn})), 0, std::sqrt(2.0 / (kOut + kIn)));
  expect_moments(moments(draw(init::kaiming_normal(), {kOut, kIn})), 0, std::sqrt(2.0 / kIn));
  const Moments ku = moments(draw(init::kaiming_uniform(std::sqrt(5.0)), {kOut, kIn}));
  expect_moments(ku, 0, 1 / std::sqrt(3.0 * kIn));  // PyTorch's default of linear layers
  EXPECT_LE(ku.largest, 1 / std::sqrt(1.0 * kIn));
}

TEST_P(InitTest, FansOfFilters) {
  // (out, h, w, in) = (10, 5, 5, 160): fan_in 4000, fan_out 250.
  expect_moments(moments(draw(init::kaiming_normal(), {10, 5, 5, 160})), 0, std::sqrt(2.0 / 4000));
  expect_moments(moments(draw(init::xavier_normal(), {10, 5, 5, 160})), 0, std::sqrt(2.0 / 4250));
  EXPECT_THROW(init::kaiming_normal().draw({7}, DType::kF32), ShapeError);
  EXPECT_THROW(init::xavier_uniform().draw({}, DType::kF32), ShapeError);
}

TEST_P(InitTest, TruncatedNormalHasTheCutsDistribution) {
  std::vector<double> x = draw(init::truncated_normal(0.5, 1), {kOut, kIn});
  const Moments m = moments(x);
  // Variance of a standard normal cut at 2 deviations: 1 - 4 phi(2) / (2 Phi(2) - 1) = 0.7737.
  expect_moments(m, 1, 0.5 * std::sqrt(0.77374));
  std::sort(x.begin(), x.end());
  EXPECT_GE(x.front(), 0.0);
  EXPECT_LE(x.back(), 2.0);
  EXPECT_GT(x.back(), 1.99);
  // Kolmogorov-Smirnov against the cut distribution function: 1.95 / sqrt(n) is passed with probability 0.999.
  const auto phi = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); };
  double distance = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double f = (phi((x[i] - 1) / 0.5) - phi(-2)) / (phi(2) - phi(-2));
    distance = std::max(distance, std::abs(f - (static_cast<double>(i) + 0.5) / static_cast<double>(x.size())));
  }
  EXPECT_LT(distance, 1.95 / 200);
}

TEST_P(InitTest, TruncatedNormalInvertsTheErrorFunction) {
  for (const double high : {1.0, 2.0, 4.5}) {
    const std::vector<double> z = draw(init::truncated_normal(1, 0, -high, high), {kOut, kIn}, DType::kF64);
    const double cut = std::erf(high / std::sqrt(2.0));
    const std::vector<double> u = draw(init::uniform(-cut, cut), {kOut, kIn});
    // The inverse is good to 1e-6 of z in single precision; its slope turns that into less in u.
    for (std::size_t i = 0; i < z.size(); ++i) ASSERT_NEAR(std::erf(z[i] / std::sqrt(2.0)), u[i], 1e-6) << z[i];
  }
}

TEST_P(InitTest, TruncatedNormalInTheFarTail) {
  // Cuts where the inverse error function leaves its central branch: mean of a normal above 3 deviations is 3.2831.
  const Moments m = moments(draw(init::truncated_normal(1, 0, 3, 6), {kOut, kIn}));
  EXPECT_NEAR(m.mean, 3.2831, 0.005);
  EXPECT_THROW(init::truncated_normal(1, 0, 2, 2), ValueError);
}

void expect_orthonormal(Shape shape, double gain) {
  const std::vector<double> a = draw(init::orthogonal(gain), shape, DType::kF64);
  const auto rows = static_cast<std::size_t>(shape[0]), columns = a.size() / rows;
  const bool wide = rows <= columns;
  const std::size_t n = wide ? rows : columns, length = wide ? columns : rows;
  const auto at = [&](std::size_t i, std::size_t k) { return wide ? a[i * columns + k] : a[k * columns + i]; };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) {
      double dot = 0;
      for (std::size_t k = 0; k < length; ++k) dot += at(i, k) * at(j, k);
      EXPECT_NEAR(dot, i == j ? gain * gain : 0, 1e-12) << i << " " << j;
    }
}

TEST_P(InitTest, OrthogonalRowsOrColumns) {
  expect_orthonormal({6, 6}, 1);
  expect_orthonormal({4, 9}, 1);
  expect_orthonormal({9, 4}, 2);
  expect_orthonormal({5, 2, 2, 3}, 1);
  EXPECT_TRUE(draw(init::orthogonal(), {0, 3}).empty());
  EXPECT_THROW(init::orthogonal().draw({3}, DType::kF32), ShapeError);
}

}  // namespace
}  // namespace weft::testing
