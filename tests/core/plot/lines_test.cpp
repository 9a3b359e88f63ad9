// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "core/plot/lines.h"
#include "tests/core/plot/figures.h"
#include "tests/core/plot/png_reader.h"
#include "tests/core/plot/svg_reader.h"
#include "tests/support/files.h"
#include "weft/plot.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

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

}  // namespace
}  // namespace weft::testing
