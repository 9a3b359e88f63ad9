// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "core/plot/lines.h"
#include "tests/core/plot/png_reader.h"
#include "tests/core/plot/svg_reader.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/array.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/ops.h"
#include "weft/plot.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Rgb kBlue{0, 114, 178}, kVermilion{213, 94, 0}, kWhite{255, 255, 255};

using Write = std::function<void(const fs::path&)>;

// The elements of the SVG file that `write` writes.
std::vector<SvgElement> svg_of(const Write& write) {
  const TemporaryDirectory directory;
  write(directory / "figure.svg");
  return read_svg(read_file(directory / "figure.svg"));
}

Picture png_of(const Write& write) {
  const TemporaryDirectory directory;
  write(directory / "figure.png");
  return read_png(directory / "figure.png");
}

std::vector<SvgElement> filled(const std::vector<SvgElement>& elements, const std::string& name,
                               const std::string& color) {
  std::vector<SvgElement> out = named(elements, name);
  std::erase_if(out, [&](const SvgElement& e) { return e.attributes.at("fill") != color; });
  return out;
}

std::vector<SvgElement> curves(const std::vector<SvgElement>& elements, const std::string& color) {
  std::vector<SvgElement> out = named(elements, "polyline");
  std::erase_if(out, [&](const SvgElement& e) { return e.attributes.at("stroke") != color; });
  return out;
}

std::size_t points_in(const SvgElement& polyline) {
  const std::string& points = polyline.attributes.at("points");
  return static_cast<std::size_t>(std::count(points.begin(), points.end(), ','));
}

Tensor labels(const std::vector<std::int64_t>& values) { return Tensor::of(values, {std::ssize(values)}); }

class Figures : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(Figures);

// Every function, with input that is small and usual.
std::vector<std::pair<std::string, Write>> every_figure() {
  return {
      {"lines",
       [](const fs::path& file) {
         plot::lines({{"training", {1, 0.5, 0.25, 0.125}}, {"validation", {1, 0.75, kNan, 0.5}}}, file,
                     {.title = "Loss", .x = "epoch", .y = "loss", .log_y = true});
       }},
      {"scatter",
       [](const fs::path& file) {
         plot::scatter(Tensor::of<float>({0, 0, 1, 2, 3, 1}, {3, 2}), labels({0, 1, -1}), file, {.title = "Points"});
       }},
      {"decision_boundary",
       [](const fs::path& file) {
         plot::decision_boundary([](const Tensor& x) { return argmax(x, 1); },
                                 Tensor::of<float>({0, 0, 1, 2, 3, 1}, {3, 2}), labels({0, 1, 2}), file);
       }},
      {"histogram",
       [](const fs::path& file) {
         plot::histogram(Tensor::of<float>({1, 2, 2, 3, 3, 3}, {6}), file, 3, {.x = "value"});
       }},
      {"confusion_matrix",
       [](const fs::path& file) {
         plot::confusion_matrix(Tensor::of<std::int64_t>({9, 1, 2, 8}, {2, 2}), file, {"no", "yes"});
       }},
      {"images",
       [](const fs::path& file) {
         plot::images(Tensor::of<float>({0, 0.5, 1, 0.25}, {2, 1, 2}), file);
       }},
  };
}

TEST_P(Figures, EqualTheGoldenFiles) {
  // Look at each file before it is committed: WEFT_WRITE_GOLDEN=1 writes them.
  const fs::path golden = fs::path(WEFT_SOURCE_DIR) / "tests/core/plot/golden";
  const TemporaryDirectory directory;
  for (const auto& figure : every_figure()) {
    const fs::path file = directory / (figure.first + ".svg");
    figure.second(file);
    const std::string text = read_file(file);
    EXPECT_FALSE(read_svg(text).empty()) << figure.first;
    if (std::getenv("WEFT_WRITE_GOLDEN") != nullptr) write_file(golden / (figure.first + ".svg"), text);
    EXPECT_EQ(text, read_file(golden / (figure.first + ".svg"))) << figure.first;
  }
}

TEST_P(Figures, AreTheSameBytesEachTimeInBothFormats) {
  const TemporaryDirectory directory;
  for (const auto& figure : every_figure()) {
    for (const char* extension : {".svg", ".PNG"}) {
      figure.second(directory / ("a" + std::string(extension)));
      figure.second(directory / ("b" + std::string(extension)));
      EXPECT_EQ(read_file(directory / ("a" + std::string(extension))),
                read_file(directory / ("b" + std::string(extension))))
          << figure.first;
    }
    const Picture picture = read_png(directory / "a.PNG");
    const auto svg = read_svg(read_file(directory / "a.svg"));
    EXPECT_EQ(static_cast<double>(picture.width), std::ceil(2 * svg[0].number("width"))) << figure.first;
    EXPECT_EQ(static_cast<double>(picture.height), std::ceil(2 * svg[0].number("height"))) << figure.first;
    EXPECT_GT(picture.count(kWhite), 100u) << figure.first;
    EXPECT_LT(picture.count(kWhite), picture.width * picture.height) << figure.first;
  }
}

TEST_P(Figures, RefuseOtherExtensionsBeforeAnyWork) {
  const TemporaryDirectory directory;
  for (const auto& figure : every_figure()) {
    for (const char* name : {"figure.jpg", "figure", "png"})
      EXPECT_THAT(message_of<ValueError>([&] { figure.second(directory / name); }),
                  HasSubstr("a figure is written as .svg or .png"))
          << figure.first;
    EXPECT_THAT(message_of<FormatError>([&] { figure.second(directory / "none" / "figure.svg"); }), HasSubstr("none"));
  }
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST_P(Figures, LeaveTheOldFileWhereTheNewOneFails) {
  const TemporaryDirectory directory;
  write_file(directory / "figure.svg", "old");
  EXPECT_THROW(plot::histogram(Tensor(), directory / "figure.svg"), ValueError);
  EXPECT_EQ(read_file(directory / "figure.svg"), "old");
}

TEST_P(Figures, WantValuesThatAreKnown) {
  const TemporaryDirectory directory;
  const fs::path file = directory / "figure.svg";
  auto traced = compile([&](const Tensor& x) {
    plot::histogram(x, file);
    return x;
  });
  EXPECT_THAT(message_of<TraceError>([&] { traced(zeros({3})); }), HasSubstr("while a program is traced"));
  EXPECT_THAT(message_of<ValueError>([&] { plot::images(Tensor(), file); }), HasSubstr("undefined"));
  EXPECT_THAT(message_of<ValueError>([&] { plot::scatter(Tensor(), Tensor(), file); }), HasSubstr("undefined"));
  EXPECT_THAT(message_of<ValueError>([&] { plot::confusion_matrix(Tensor(), file); }), HasSubstr("undefined"));
}

TEST(Lines, RunFromTheFirstValueToTheLast) {
  const auto svg = svg_of([](const fs::path& file) { plot::lines({{"a", {0, 1, 4}}}, file); });
  const auto found = curves(svg, "#0072b2");
  ASSERT_THAT(found, SizeIs(2));  // one of them in the legend
  EXPECT_EQ(points_in(found[1]), 3u);
  EXPECT_THAT(texts(svg), Contains("a"));
}

TEST(Lines, HaveGapsAndDots) {
  const auto svg = svg_of([](const fs::path& file) {
    plot::lines({{"", {1, kNan, 2, 3, kInfinity, 1, 2}}, {"", {kNan, kNan}}}, file);
  });
  const auto found = curves(svg, "#0072b2");
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(points_in(found[0]), 2u);
  EXPECT_THAT(filled(svg, "circle", "#0072b2"), SizeIs(1));
  EXPECT_THAT(curves(svg, "#d55e00"), IsEmpty());
}

TEST(Lines, LeaveOutWhatALogarithmicAxisCannotShow) {
  const auto svg = svg_of([](const fs::path& file) {
    plot::lines({{"", {1, 0, 10, 100}, {1, 2, 3, 4}}, {"", {5, 6, 7}, {-1, 1, 10}}}, file,
                {.log_x = true, .log_y = true});
  });
  EXPECT_THAT(curves(svg, "#0072b2"), SizeIs(1));
  EXPECT_EQ(points_in(curves(svg, "#d55e00").at(0)), 2u);
}

TEST(Lines, OfNothingSayIt) {
  const Write nothing[] = {[](const fs::path& file) { plot::lines({}, file); },
                           [](const fs::path& file) {
                             plot::lines({{"a", {}}}, file);
                           },
                           [](const fs::path& file) {
                             plot::lines({{"a", {kNan, kNan}}}, file);
                           },
                           [](const fs::path& file) {
                             plot::lines({{"a", {-1, 0}}}, file, {.log_y = true});
                           }};
  for (const Write& write : nothing) EXPECT_THAT(texts(svg_of(write)), Contains("no values"));
}

TEST(Lines, NameTheEpochsByWholeNumbers) {
  const auto found = texts(svg_of([](const fs::path& file) { plot::lines({{"", {7, 7, 7}}}, file); }));
  EXPECT_THAT(found, Contains("2"));
  EXPECT_THAT(found, Not(Contains("1.5")));
}

TEST(Lines, OfManyValuesAreThinned) {
  plot::Line line{"", {}};
  for (int i = 0; i < 300'000; ++i) line.y.push_back(std::sin(0.37 * i));
  line.y[123'456] = 9;  // a peak of one value stays
  const auto svg = svg_of([&](const fs::path& file) { plot::lines({line}, file); });
  const auto found = curves(svg, "#0072b2");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_LT(points_in(found[0]), 4u * 640);
  EXPECT_THAT(texts(svg), Contains("8"));
  std::istringstream points(found[0].attributes.at("points"));
  double top = 400;
  char comma = 0;
  for (double x = 0, y = 0; points >> x >> comma >> y;) top = std::min(top, y);
  EXPECT_LT(top, 40);
}

TEST(Lines, AreToldApartBeyondTheColors) {
  std::vector<plot::Line> lines;
  for (int i = 0; i < 24; ++i) lines.push_back({"line " + std::to_string(i), {1.0 * i, 2.0 * i}});
  const auto svg = svg_of([&](const fs::path& file) { plot::lines(lines, file); });
  EXPECT_GT(curves(svg, "#0072b2").size(), 20u);  // dashes and dots
  EXPECT_THAT(texts(svg), Contains("line 3"));
  EXPECT_THAT(texts(svg), Contains("and 6 more"));
  for (const std::string& text : texts(svg)) EXPECT_NE(text, "line 20");
}

TEST(Lines, ByTheThousandAreDrawn) {
  std::vector<plot::Line> lines;
  for (int i = 0; i < 2000; ++i) lines.push_back({"", {0.0, 1.0 * i}});
  EXPECT_GT(png_of([&](const fs::path& file) { plot::lines(lines, file); }).count({240, 228, 66}), 100u);
}

TEST(Lines, StandAtTheirPlacesInPixels) {
  // Values 0 and 1 at both ends of the axis, so that the curve passes the middle of the figure.
  const Picture picture = png_of([](const fs::path& file) { plot::lines({{"", {0, 0}, {-1, 1}}}, file); });
  EXPECT_EQ(picture.width, 1280u);
  EXPECT_EQ(picture.height, 800u);
  const auto svg = svg_of([](const fs::path& file) { plot::lines({{"", {0, 0}, {-1, 1}}}, file); });
  std::istringstream points(curves(svg, "#0072b2").at(0).attributes.at("points"));
  double x = 0, y = 0;
  char comma = 0;
  points >> x >> comma >> y;
  const auto column = static_cast<std::size_t>(2 * x) + 40, row = static_cast<std::size_t>(2 * y);
  EXPECT_EQ(picture.at(column, row), kBlue);
  EXPECT_EQ(picture.at(column, row + 10), kWhite);
}

TEST(Lines, KeepNamesThatAreNoXml) {
  const std::string name = "a < b & \"c\" \x01\xff caf\xc3\xa9";
  const auto svg = svg_of([&](const fs::path& file) {
    plot::lines({{name, {1, 2}}}, file, {.title = name, .x = name, .y = name});
  });
  const std::string shown = "a < b & \"c\" \\x01\\xff caf\xc3\xa9";
  EXPECT_EQ(std::ranges::count(texts(svg), shown), 4);
  EXPECT_EQ(svg[0].attributes.at("aria-label"), shown);
}

TEST(Lines, ShortenLongNames) {
  const std::string name(5000, 'w');
  const auto svg = svg_of([&](const fs::path& file) {
    plot::lines({{name, {1, 2}}}, file, {.title = name, .x = name, .y = name});
  });
  for (const std::string& text : texts(svg)) EXPECT_LT(text.size(), 60u);
  EXPECT_EQ(std::ranges::count_if(texts(svg), [](const std::string& text) { return text.ends_with("ww..."); }), 4);
}

TEST(Lines, WantAsManyPlacesAsValues) {
  const TemporaryDirectory directory;
  EXPECT_THAT(message_of<ValueError>([&] {
                plot::lines({{"a", {1}}, {"b", {1, 2}, {1}}}, directory / "f.svg");
              }),
              HasSubstr("line 1 (\"b\") has 2 values and 1 places"));
}

TEST(Lines, StandInAPageAsInAFile) {
  const std::vector<plot::Line> lines{{"a", {1, 2}}};
  const TemporaryDirectory directory;
  plot::lines(lines, directory / "f.svg", {.title = "t"});
  EXPECT_EQ(detail::lines_svg(lines, {.title = "t"}), read_file(directory / "f.svg"));
}

TEST_P(Figures, ScatterColorsByLabel) {
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

TEST_P(Figures, ScatterLeavesOutWhatIsNotFiniteAndCountsIt) {
  const Tensor points = Tensor::of<float>({0, NAN, 1, 1, INFINITY, 0, 2, 2}, {4, 2});
  const auto svg = svg_of([&](const fs::path& file) { plot::scatter(points, labels({0, 0, 0, 0}), file); });
  EXPECT_THAT(filled(svg, "circle", "#0072b2"), SizeIs(3));
  EXPECT_THAT(texts(svg), Contains(HasSubstr("2 points left out")));
}

TEST_P(Figures, ScatterOfFewOrManyPoints) {
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

TEST_P(Figures, ScatterRefusesOtherShapesAndTypes) {
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

TEST_P(Figures, RegionsHaveTheColorsOfTheirClasses) {
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

TEST_P(Figures, RegionsWithoutPoints) {
  const auto svg = svg_of([](const fs::path& file) {
    plot::decision_boundary([](const Tensor& x) { return argmax(x, 1); }, zeros({0, 2}), labels({}), file,
                            {.log_x = true, .log_y = true});
  });
  EXPECT_THAT(named(svg, "image"), SizeIs(1));
  EXPECT_THAT(texts(svg), Contains("no points"));
}

TEST_P(Figures, RegionsOfHugeRangesStayWithinFloats) {
  const Tensor points = Tensor::of<double>({-1e300, 1e-300, 1e300, 1e300}, {2, 2});
  const auto finite = [](const Tensor& x) {
    for (const float v : x.to_vector()) EXPECT_TRUE(std::isfinite(v));
    return argmax(x, 1);
  };
  svg_of([&](const fs::path& file) { plot::decision_boundary(finite, points, labels({0, 1}), file, {.log_y = true}); });
}

TEST_P(Figures, RegionsWantClasses) {
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

TEST_P(Figures, HistogramCountsItsBins) {
  const Tensor values = Tensor::of<float>({0, 0.5f, 1, 1.5f, 2, 2.9f, 3}, {7});
  const auto svg = svg_of([&](const fs::path& file) { plot::histogram(values, file, 3); });
  const std::vector<double> heights = bars(svg, 3);
  ASSERT_THAT(heights, SizeIs(3));
  EXPECT_NEAR(heights[0], 2, 0.01);
  EXPECT_NEAR(heights[1], 2, 0.01);
  EXPECT_NEAR(heights[2], 3, 0.01);  // the last bin has its upper edge
}

TEST_P(Figures, HistogramChoosesItsBins) {
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

TEST_P(Figures, HistogramTakesEveryTypeAndShape) {
  for (const DType dtype :
       {DType::kF32, DType::kF64, DType::kF16, DType::kBF16, DType::kI32, DType::kI64, DType::kU8, DType::kBool})
    EXPECT_THAT(bars(svg_of([&](const fs::path& file) {
                       plot::histogram(Tensor::of<float>({0, 1, 1, 0, 1, 1}, {2, 3}).to(dtype), file, 2);
                     }),
                     4),
                SizeIs(2))
        << name_of(dtype);
}

TEST_P(Figures, HistogramOfOddValues) {
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

TEST_P(Figures, ConfusionMatrixShowsCountsAndNames) {
  const Tensor counts = Tensor::of<std::int64_t>({90, 10, 0, 1'500'000}, {2, 2});
  const auto found = texts(svg_of([&](const fs::path& file) { plot::confusion_matrix(counts, file, {"no", "yes"}); }));
  EXPECT_THAT(found, Contains("90"));
  EXPECT_THAT(found, Contains("10"));
  EXPECT_THAT(found, Contains("1.5e6"));
  EXPECT_THAT(found, Not(Contains("0")));
  EXPECT_EQ(std::ranges::count(found, "yes"), 2);
  EXPECT_THAT(found, Contains("true"));
  EXPECT_THAT(found, Contains("predicted"));
  const auto shares = texts(svg_of([&](const fs::path& file) {
    plot::confusion_matrix(Tensor::of<float>({0.875f, 0.125f, 0.5f, 0.5f}, {2, 2}), file, {}, {.x = "guess"});
  }));
  EXPECT_THAT(shares, Contains("0.5"));
  EXPECT_THAT(shares, Contains("guess"));
}

TEST_P(Figures, ConfusionMatrixOfManyClassesIsAPicture) {
  const auto svg = svg_of([](const fs::path& file) { plot::confusion_matrix(eye(300), file); });
  EXPECT_THAT(named(svg, "image"), SizeIs(1));
  EXPECT_LT(texts(svg).size(), 150u);
  const Picture picture = png_of([](const fs::path& file) { plot::confusion_matrix(eye(300), file); });
  EXPECT_GT(picture.count(kBlue), 1000u);
}

TEST_P(Figures, ConfusionMatrixOfNothing) {
  const auto none = texts(svg_of([](const fs::path& file) { plot::confusion_matrix(zeros({0, 0}), file); }));
  EXPECT_THAT(none, Contains("no classes"));
  svg_of([](const fs::path& file) { plot::confusion_matrix(zeros({3, 3}), file); });
}

TEST_P(Figures, ConfusionMatrixRefusesWhatIsNone) {
  const TemporaryDirectory directory;
  const fs::path file = directory / "f.svg";
  for (const Shape& shape : {Shape{2, 3}, Shape{4}, Shape{2, 2, 2}, Shape{2049, 2049}})
    EXPECT_THROW(plot::confusion_matrix(zeros(shape), file), ShapeError) << shape.text();
  EXPECT_THAT(message_of<ValueError>([&] {
                plot::confusion_matrix(zeros({2, 2}), file, {"a"});
              }),
              HasSubstr("1 names for 2 classes"));
  EXPECT_THAT(message_of<ValueError>([&] {
                plot::confusion_matrix(Tensor::of<float>({0, 0, -1, 0}, {2, 2}), file);
              }),
              HasSubstr("counts[1, 0] is -1"));
  EXPECT_THROW(plot::confusion_matrix(Tensor::of<float>({0, NAN, 0, 0}, {2, 2}), file), ValueError);
}

TEST_P(Figures, ImagesKeepTheirPixels) {
  const Tensor gray = Tensor::of<std::uint8_t>({0, 255, 51, 102}, {1, 2, 2});
  for (const Tensor& images :
       {gray, gray.reshape({1, 2, 2, 1}), gray.to(DType::kF32) / 255, gray.to(DType::kF64) / 255}) {
    // A pixel of the image is 28 x 28 units and 56 x 56 pixels, from (10, 10) units on.
    const Picture picture = png_of([&](const fs::path& file) { plot::images(images, file); });
    EXPECT_EQ(picture.at(20, 20), (Rgb{0, 0, 0}));
    EXPECT_EQ(picture.at(75, 75), (Rgb{0, 0, 0}));
    EXPECT_EQ(picture.at(76, 75), (Rgb{255, 255, 255}));
    EXPECT_EQ(picture.at(20, 76), (Rgb{51, 51, 51}));
    EXPECT_EQ(picture.at(131, 131), (Rgb{102, 102, 102}));
    EXPECT_EQ(picture.at(132, 132), (Rgb{255, 255, 255}));
  }
}

TEST_P(Figures, ImagesHaveColorsAndOpacity) {
  const Tensor rgba = Tensor::of<float>({1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0.6f, NAN, 0, 0, 1}, {1, 2, 2, 4});
  const Picture picture = png_of([&](const fs::path& file) { plot::images(rgba, file); });
  EXPECT_EQ(picture.at(30, 30), (Rgb{255, 0, 0}));
  EXPECT_EQ(picture.at(100, 30), kWhite);
  EXPECT_EQ(picture.at(30, 100), (Rgb{102, 102, 102}));
  EXPECT_EQ(picture.at(100, 100), kVermilion);
  const Picture rgb = png_of([&](const fs::path& file) { plot::images(full({1, 1, 1, 3}, 7), file); });
  EXPECT_EQ(rgb.at(30, 30), kWhite);  // beyond 1
}

TEST_P(Figures, ImagesStandInColumns) {
  const auto places = [](int columns) {
    std::vector<double> x;
    for (const SvgElement& image : named(svg_of([&](const fs::path& file) {
                                           plot::images(zeros({5, 8, 8}), file, columns);
                                         }),
                                         "image"))
      x.push_back(image.number("x"));
    return x;
  };
  EXPECT_THAT(places(2), ElementsAre(10, 70, 10, 70, 10));
  EXPECT_THAT(places(0), ElementsAre(10, 70, 130, 190, 250));
  EXPECT_THAT(places(100), ElementsAre(10, 70, 130, 190, 250));
  EXPECT_THAT(texts(svg_of([](const fs::path& file) { plot::images(zeros({0, 8, 8}), file); })), Contains("no images"));
}

TEST_P(Figures, ImagesRefuseWhatIsNone) {
  const TemporaryDirectory directory;
  const fs::path file = directory / "f.svg";
  for (const Shape& shape : {Shape{8, 8}, Shape{2, 8, 8, 2}, Shape{1, 2, 8, 8, 3}, Shape{1, 0, 8}})
    EXPECT_THROW(plot::images(zeros(shape), file), ShapeError) << shape.text();
  EXPECT_THAT(message_of<DTypeError>([&] {
                plot::images(zeros({1, 8, 8}).to(DType::kI64), file);
              }),
              HasSubstr("images is i64; it must be u8"));
  EXPECT_THROW(plot::images(zeros({1, 8, 8}), file, -1), ValueError);
  EXPECT_THAT(message_of<ValueError>([&] { plot::images(zeros({20'000, 8, 8}), file); }), HasSubstr("give fewer"));
}

}  // namespace
}  // namespace weft::testing
