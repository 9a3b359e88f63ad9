// SPDX-License-Identifier: Apache-2.0
#include "weft/synthetic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/statistics.h"

namespace weft::testing {
namespace {

class SyntheticTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(SyntheticTest);

using Ints = std::vector<std::int64_t>;

TEST_P(SyntheticTest, BlobsLieAroundTheirCenters) {
  seed(1);
  const auto [x, labels] = data::blobs({.rows = 3000, .centers = 3, .features = 4, .spread = 0.5});
  EXPECT_EQ(x.shape(), (Shape{3000, 4}));
  EXPECT_EQ(x.dtype(), DType::kF32);
  const Tensor first = labels[{0, 7}];
  EXPECT_EQ(first.to_vector<std::int64_t>(), (Ints{0, 1, 2, 0, 1, 2, 0}));
  for (std::int64_t c = 0; c < 3; ++c) {
    const Tensor cloud = x[{.begin = c, .step = 3}];
    for (const float spread : standard_deviation(cloud, {0}).to_vector()) EXPECT_NEAR(spread, 0.5, 0.06);
    for (const float center : cloud.mean({0}).to_vector()) EXPECT_LE(std::fabs(center), 10.1f);
  }
  EXPECT_NE(data::blobs().x.to_vector(), data::blobs().x.to_vector());
  seed(1);
  EXPECT_EQ(data::blobs({.rows = 3000, .centers = 3, .features = 4, .spread = 0.5}).x.to_vector(), x.to_vector());
}

TEST_P(SyntheticTest, SpiralsWind) {
  const auto [x, labels] = data::spirals({.rows = 101, .arms = 2, .turns = 1, .noise = 0});
  const std::vector<double> points = x.to_vector<double>();
  for (std::size_t i = 0; i < 101; ++i) {
    const double radius = std::hypot(points[2 * i], points[2 * i + 1]);
    EXPECT_LE(radius, 1 + 1e-6);
    const double angle = 2 * std::numbers::pi * (radius + (i % 2 == 0 ? 0 : 0.5));
    EXPECT_NEAR(points[2 * i], radius * std::cos(angle), 1e-5);
    EXPECT_NEAR(points[2 * i + 1], radius * std::sin(angle), 1e-5);
  }
}

TEST_P(SyntheticTest, ARingHasItsModes) {
  const auto [x, labels] = data::ring({.rows = 80, .modes = 8, .spread = 0});
  const std::vector<double> points = x.to_vector<double>();
  for (std::size_t i = 0; i < 80; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i % 8) / 8;
    EXPECT_NEAR(points[2 * i], 2 * std::cos(angle), 1e-6);
    EXPECT_NEAR(points[2 * i + 1], 2 * std::sin(angle), 1e-6);
  }
}

TEST_P(SyntheticTest, RowsMayBeFewAndSettingsAreChecked) {
  EXPECT_EQ(data::blobs({.rows = 0}).x.shape(), (Shape{0, 2}));
  EXPECT_EQ(data::spirals({.rows = 1}).labels.to_vector<std::int64_t>(), (Ints{0}));
  EXPECT_EQ(data::ring({.rows = 0}).labels.shape(), (Shape{0}));
  EXPECT_THROW(data::blobs({.rows = -1}), ValueError);
  EXPECT_THROW(data::blobs({.centers = 0}), ValueError);
  EXPECT_THROW(data::blobs({.features = 0}), ValueError);
  EXPECT_THROW(data::spirals({.arms = 0}), ValueError);
  EXPECT_THROW(data::ring({.modes = 0}), ValueError);
}

}  // namespace
}  // namespace weft::testing
