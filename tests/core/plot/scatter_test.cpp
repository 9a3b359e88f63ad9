// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "tests/core/plot/figures.h"
#include "tests/core/plot/png_reader.h"
#include "tests/core/plot/svg_reader.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/ops.h"
#include "weft/plot.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Scatter : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(Scatter);
class Regions : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(Regions);

TEST_P(Scatter, ColorsByLabel) {
  const Tensor points = Tensor::of<double>({0, 0, 1, 1, 2, 0, 3, 1}, {4, 2});
  for (const DType dtype : {DType::kI64, DType::kI32, DType::kU8}) {
    const auto svg = svg_of([&](const fs::path& file) { plot::scatter(points, labels({3, 7, 3, 3}).to(dtype), file); });
    EXPECT_THAT(filled(svg, "circle", "#0072b2"), SizeIs(4));  // three points and the legend
    EXPECT_THAT(filled(svg, "circle", "#d55e00"), SizeIs(2));
    EXPECT_THAT(texts(svg), Contains("7"));
  }
  const auto svg = svg_of([&](const fs::path& file) { plot::scatter(points, labels({-1, 1, -1, 1}), file); });
  EXPECT_THAT(texts(svg), Contains("-1"));
}

TEST_P(Scatter, LeavesOutWhatIsNotFiniteAndCountsIt) {
  const Tensor points = Tensor::of<float>({0, NAN, 1, 1, INFINITY, 0, 2, 2}, {4, 2});
  const auto svg = svg_of([&](const fs::path& file) { plot::scatter(points, labels({0, 0, 0, 0}), file); });
  EXPECT_THAT(filled(svg, "circle", "#0072b2"), SizeIs(3));
  EXPECT_THAT(texts(svg), Contains(HasSubstr("2 points left out")));
}

TEST_P(Scatter, OfFewOrManyPoints) {
  const auto none = svg_of([](const fs::path& file) { plot::scatter(zeros({0, 2}), labels({}), file); });
  EXPECT_THAT(texts(none), Contains("no points"));
  const auto one = svg_of([](const fs::path& file) { plot::scatter(full({1, 2}, 3), labels({5}), file); });
  EXPECT_THAT(filled(one, "circle", "#0072b2"), SizeIs(2));
  // Points in one half of a pixel are one circle, so that a file stays small.
  const auto many = svg_of([](const fs::path& file) {
    plot::scatter(zeros({100'000, 2}), zeros({100'000}).to(DType::kI64), file);
  });
  EXPECT_THAT(filled(many, "circle", "#0072b2"), SizeIs(2));
}

TEST_P(Scatter, RefusesOtherShapesAndTypes) {
  const TemporaryDirectory directory;
  const fs::path file = directory / "f.svg";
  const auto shape = [&](const Tensor& points, const Tensor& classes) {
    return message_of<ShapeError>([&] { plot::scatter(points, classes, file); });
  };
  EXPECT_THAT(shape(zeros({3, 3}), labels({0, 1, 2})), HasSubstr("points is (3, 3); it must be (n, 2)"));
  EXPECT_THAT(shape(zeros({4}), labels({0, 1, 2})), HasSubstr("points is (4,)"));
  EXPECT_THAT(shape(zeros({3, 2}), labels({0, 1})), HasSubstr("labels is (2,); it must be (3,)"));
  EXPECT_THAT(shape(zeros({3, 2}), zeros({3, 1}).to(DType::kI64)), HasSubstr("labels is (3, 1)"));
  EXPECT_THAT(message_of<DTypeError>([&] {
                plot::scatter(zeros({3, 2}), zeros({3}), file);
              }),
              HasSubstr("labels is f32; classes are i64, i32 or u8"));
}

TEST_P(Regions, HaveTheColorsOfTheirClasses) {
  const Tensor points = Tensor::of<float>({-1, -1, 1, 1}, {2, 2});
  Device seen = Device::cpu();
  const auto predict = [&](const Tensor& x) {
    seen = x.device();
    EXPECT_EQ(x.shape(), Shape({38400, 2}));
    EXPECT_EQ(x.dtype(), DType::kF32);
    return (x.column(0) > 0).to(DType::kI64);
  };
  const Picture picture = png_of([&](const fs::path& file) {
    plot::decision_boundary(predict, points, labels({0, 1}), file);
  });
  EXPECT_EQ(seen, device());
  // Three tenths of the color on white, away from points, grid and axes.
  EXPECT_EQ(picture.at(300, 200), (Rgb{179, 213, 232}));
  EXPECT_EQ(picture.at(900, 600), (Rgb{242, 207, 179}));
}

TEST_P(Regions, WithoutPoints) {
  const auto svg = svg_of([](const fs::path& file) {
    plot::decision_boundary([](const Tensor& x) { return argmax(x, 1); }, zeros({0, 2}), labels({}), file,
                            {.log_x = true, .log_y = true});
  });
  EXPECT_THAT(named(svg, "image"), SizeIs(1));
  EXPECT_THAT(texts(svg), Contains("no points"));
}

TEST_P(Regions, OfHugeRangesStayWithinFloats) {
  const Tensor points = Tensor::of<double>({-1e300, 1e-300, 1e300, 1e300}, {2, 2});
  const auto finite = [](const Tensor& x) {
    for (const float v : x.to_vector()) EXPECT_TRUE(std::isfinite(v));
    return argmax(x, 1);
  };
  svg_of([&](const fs::path& file) { plot::decision_boundary(finite, points, labels({0, 1}), file, {.log_y = true}); });
}

TEST_P(Regions, WantClasses) {
  const TemporaryDirectory directory;
  const fs::path file = directory / "f.svg";
  const Tensor points = zeros({2, 2}), classes = labels({0, 1});
  EXPECT_THAT(message_of<ValueError>([&] { plot::decision_boundary({}, points, classes, file); }),
              HasSubstr("predict is empty"));
  EXPECT_THAT(message_of<ShapeError>(
                  [&] { plot::decision_boundary([](const Tensor& x) { return x; }, points, classes, file); }),
              HasSubstr("the result of predict is (38400, 2); it must be (38400,)"));
  EXPECT_THAT(message_of<DTypeError>(
                  [&] { plot::decision_boundary([](const Tensor& x) { return x.column(0); }, points, classes, file); }),
              HasSubstr("the result of predict is f32"));
}

}  // namespace
}  // namespace weft::testing
