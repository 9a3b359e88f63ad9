// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "tests/core/plot/figures.h"
#include "tests/core/plot/svg_reader.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/elementwise.h"
#include "weft/ops.h"
#include "weft/plot.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class Histogram : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(Histogram);

// Heights of the bars in counts, by the height of the highest.
std::vector<double> bars(const std::vector<SvgElement>& svg, double most) {
  std::vector<double> heights;
  double highest = 0;
  for (const SvgElement& bar : filled(svg, "rect", "#0072b2")) {
    heights.push_back(bar.number("height"));
    highest = std::max(highest, heights.back());
  }
  for (double& height : heights) height *= most / highest;
  return heights;
}
TEST_P(Histogram, CountsItsBins) {
  const Tensor values = Tensor::of<float>({0, 0.5f, 1, 1.5f, 2, 2.9f, 3}, {7});
  const auto svg = svg_of([&](const fs::path& file) { plot::histogram(values, file, 3); });
  const std::vector<double> heights = bars(svg, 3);
  ASSERT_THAT(heights, SizeIs(3));
  EXPECT_NEAR(heights[0], 2, 0.01);
  EXPECT_NEAR(heights[1], 2, 0.01);
  EXPECT_NEAR(heights[2], 3, 0.01);  // the last bin has its upper edge
}

TEST_P(Histogram, ChoosesItsBins) {
  const auto count = [](const Tensor& values, const plot::Axes& axes = {}) {
    return bars(svg_of([&](const fs::path& file) { plot::histogram(values, file, 0, axes); }), 1).size();
  };
  // n = 1000, IQR = 500, range 999: bins of 2 * 500 / 10 = 100.
  EXPECT_EQ(count(arange(1000)), 10u);
  EXPECT_EQ(count(exp(arange(1000).to(DType::kF64) * 0.1), {.log_x = true}), 10u);
  // Outliers far away do not make more bins than can be seen.
  EXPECT_LE(count(concat({arange(1000).to(DType::kF64), full({1}, 1e12, DType::kF64)}, 0)), 100u);
  // Quartiles that are equal: log2(8) + 1 bins, two of them with values.
  EXPECT_EQ(count(Tensor::of<float>({1, 1, 1, 1, 1, 1, 1, 9}, {8})), 2u);
  EXPECT_EQ(count(full({50}, 4)), 1u);
}

TEST_P(Histogram, TakesEveryTypeAndShape) {
  for (const DType dtype :
       {DType::kF32, DType::kF64, DType::kF16, DType::kBF16, DType::kI32, DType::kI64, DType::kU8, DType::kBool})
    EXPECT_THAT(bars(svg_of([&](const fs::path& file) {
                       plot::histogram(Tensor::of<float>({0, 1, 1, 0, 1, 1}, {2, 3}).to(dtype), file, 2);
                     }),
                     4),
                SizeIs(2))
        << name_of(dtype);
}

TEST_P(Histogram, OfOddValues) {
  const auto say = [](const Tensor& values, const plot::Axes& axes = {}) {
    return texts(svg_of([&](const fs::path& file) { plot::histogram(values, file, 0, axes); }));
  };
  EXPECT_THAT(say(zeros({0})), Contains("no values"));
  EXPECT_THAT(say(Tensor::of<float>({NAN, NAN}, {2})), Contains("no values"));
  EXPECT_THAT(say(Tensor::of<float>({1, NAN, 2}, {3})), Contains(HasSubstr("1 values left out")));
  EXPECT_THAT(say(Tensor::of<float>({-1, 0, 10, 100}, {4}), {.log_x = true}), Contains(HasSubstr("2 values left out")));
  EXPECT_THAT(say(Tensor::of<double>({-1e308, 1e308}, {2})), Not(Contains("no values")));
  EXPECT_THAT(say(Tensor::scalar(2.0f), {.log_y = true}), Not(Contains("no values")));
  const TemporaryDirectory directory;
  for (const int bins : {-1, 10'001})
    EXPECT_THAT(message_of<ValueError>([&] { plot::histogram(zeros({3}), directory / "f.svg", bins); }),
                HasSubstr("it must be 1 to 10000"));
}

}  // namespace
}  // namespace weft::testing
