// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <clocale>
#include <cmath>
#include <cstddef>
#include <limits>
#include <locale>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/plot/canvas.h"
#include "core/plot/font.h"
#include "core/plot/number_text.h"
#include "core/plot/scale.h"
#include "core/plot/svg.h"
#include "tests/core/plot/svg_reader.h"

// Numbers, letters, axes and pixels that figures are made of.
namespace weft::testing {
namespace {

using namespace detail;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::vector<std::string> tick_texts(const std::vector<double>& values, bool logarithmic, int most = 8) {
  Scale scale(logarithmic, 0);
  for (const double v : values) scale.add(v);
  scale.close();
  std::vector<std::string> out;
  double last = -1;
  for (const Tick& tick : scale.ticks(most)) {
    EXPECT_GT(tick.place, last) << tick.text;
    EXPECT_LE(tick.place, 1) << tick.text;
    last = tick.place;
    out.push_back(tick.text);
  }
  return out;
}

TEST(NumberText, IsShortAndExact) {
  EXPECT_EQ(fixed_text(2.5, 2), "2.5");
  EXPECT_EQ(fixed_text(-0.001, 2), "0");
  EXPECT_EQ(fixed_text(100, 0), "100");
  EXPECT_EQ(fixed_text(-12.346, 2), "-12.35");
  EXPECT_EQ(decimal_text(25, -2), "0.25");
  EXPECT_EQ(decimal_text(-150, -1), "-15");
  EXPECT_EQ(decimal_text(5, -4), "0.0005");
  EXPECT_EQ(decimal_text(25, -7), "2.5e-6");
  EXPECT_EQ(decimal_text(-3, 6), "-3e6");
  EXPECT_EQ(decimal_text(12, 4), "120000");
  EXPECT_EQ(decimal_text(0, 9), "0");
}

struct Thousands : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(NumberText, IsTheSameInEveryLocale) {
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Thousands));
  const std::string number = fixed_text(12345.5, 2), tick = decimal_text(12345, -1);
  std::locale::global(before);
  EXPECT_EQ(number, "12345.5");
  EXPECT_EQ(tick, "1234.5");
}

TEST(Scale, HasRoundTicks) {
  EXPECT_THAT(tick_texts({0, 1}, false, 6), ElementsAre("0", "0.2", "0.4", "0.6", "0.8", "1"));
  EXPECT_THAT(tick_texts({0, 1}, false, 5), ElementsAre("0", "0.5", "1"));
  EXPECT_THAT(tick_texts({-3, 7}, false, 4), ElementsAre("0", "5"));
  EXPECT_THAT(tick_texts({1e9, 1e9 + 1}, false, 3), ElementsAre("1e9", "1.0000000005e9", "1.000000001e9"));
  EXPECT_THAT(tick_texts({1e-7, 3e-7}, false, 3), ElementsAre("1e-7", "2e-7", "3e-7"));
}

TEST(Scale, CountsDecades) {
  EXPECT_THAT(tick_texts({0.01, 1000}, true), ElementsAre("0.01", "0.1", "1", "10", "100", "1000"));
  EXPECT_THAT(tick_texts({1, 20}, true), ElementsAre("1", "2", "5", "10", "20"));
  EXPECT_THAT(tick_texts({2.1, 2.4}, true, 4), ElementsAre("2.1", "2.2", "2.3", "2.4"));
  EXPECT_THAT(tick_texts({1e-300, 1e300}, true),
              ElementsAre("1e-300", "1e-200", "1e-100", "1", "1e100", "1e200", "1e300"));
}

TEST(Scale, OfOneValueOrNoneHasALength) {
  EXPECT_THAT(tick_texts({}, false, 3), ElementsAre("0", "0.5", "1"));
  EXPECT_THAT(tick_texts({}, true, 3), ElementsAre("1", "2", "5", "10"));
  EXPECT_THAT(tick_texts({5, 5}, false, 3), ElementsAre("4.5", "5", "5.5"));
  EXPECT_THAT(tick_texts({0}, false, 3), ElementsAre("-1", "0", "1"));
  // Neighbors among the doubles are one value.
  EXPECT_THAT(tick_texts({1, std::nextafter(1, 2)}, false, 3), ElementsAre("0.9", "1", "1.1"));
  EXPECT_THAT(tick_texts({5e-324, 0}, false, 3), ElementsAre("-1", "0", "1"));
}

TEST(Scale, HoldsTheLargestNumbers) {
  constexpr double kMost = std::numeric_limits<double>::max();
  for (const bool logarithmic : {false, true}) {
    Scale scale(logarithmic, 0.04);
    for (const double v : {-kMost, 5e-324, kMost, std::numeric_limits<double>::infinity(), std::nan("")}) scale.add(v);
    scale.close();
    EXPECT_FALSE(scale.shows(std::nan("")));
    EXPECT_FALSE(scale.shows(std::numeric_limits<double>::infinity()));
    EXPECT_EQ(scale.shows(-1), !logarithmic);
    EXPECT_GT(scale.place(kMost), 0.9);
    EXPECT_LE(scale.place(kMost), 1);
    EXPECT_GE(scale.ticks(8).size(), 3u);
    EXPECT_LE(scale.ticks(8).size(), 8u);
  }
}

TEST(Scale, GivesValuesBack) {
  for (const bool logarithmic : {false, true}) {
    Scale scale(logarithmic, 0.05);
    scale.add(0.5);
    scale.add(200);
    scale.close();
    for (const double v : {0.5, 3.0, 200.0}) EXPECT_NEAR(scale.value(scale.place(v)), v, 1e-12 * 200);
  }
}

TEST(Scale, HasWholeTicksWhereAsked) {
  Scale scale(false, 0);
  scale.use_whole_ticks();
  scale.add(1);
  scale.add(3);
  scale.close();
  EXPECT_THAT(scale.ticks(9), SizeIs(3));
}

TEST(Font, DrawsEveryLetterWithinItsWidth) {
  for (char c = ' '; c <= '~'; ++c) {
    const std::string letter(1, c);
    const double width = width_of(letter, 20);
    EXPECT_GT(width, 3) << c;
    EXPECT_LT(width, 20) << c;
    const auto strokes = strokes_of(letter, 20);
    EXPECT_EQ(strokes.empty(), c == ' ') << c;
    for (const auto& stroke : strokes) {
      EXPECT_GE(stroke.size(), 2u) << c;
      for (const Point& p : stroke) {
        EXPECT_GT(p.x, 0) << c;
        EXPECT_LT(p.x, width) << c;
        EXPECT_GE(p.y, -16.5) << c;
        EXPECT_LE(p.y, 4.5) << c;
      }
    }
  }
}

TEST(Font, DrawsABoxForOtherLetters) {
  EXPECT_EQ(strokes_of("\xc3\xa9", 20).size(), 1u);  // one letter of two bytes
  EXPECT_EQ(width_of("\xe2\x82\xac", 20), width_of("\xc3\xa9", 20));
}

TEST(Font, ShortensWholeLetters) {
  EXPECT_EQ(shortened("short", 12, 100), "short");
  const std::string text = "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
  for (double width = 10; width < 70; width += 1) {
    const std::string cut = shortened(text, 12, width);
    EXPECT_TRUE(cut == text || cut.ends_with("...")) << cut;
    EXPECT_EQ(cut.find_first_of('.') % 2, cut == text ? std::string::npos % 2 : 0) << cut;
  }
}

TEST(Canvas, CoversPixelsByTheirShare) {
  Scene scene{.width = 4, .height = 3};
  scene.marks.push_back(Rectangle{{1, 1}, 1.5, 1, {0, 0, 0}});
  const Pixels pixels = draw(scene, 1);
  ASSERT_EQ(pixels.columns, 4u);
  ASSERT_EQ(pixels.rows, 3u);
  const auto red = [&](std::size_t x, std::size_t y) { return static_cast<int>(*pixels.at(x, y)); };
  EXPECT_EQ(red(0, 1), 255);
  EXPECT_EQ(red(1, 1), 0);
  EXPECT_EQ(red(2, 1), 128);
  EXPECT_EQ(red(3, 1), 255);
  EXPECT_EQ(red(1, 0), 255);
}

TEST(Canvas, CutsOffWhatLiesOutside) {
  Scene scene{.width = 4, .height = 3};
  scene.marks.push_back(Rectangle{{-10, -10}, 100, 100, {10, 20, 30}});
  scene.marks.push_back(Circle{{-5, 1}, 2, {0, 0, 0}});
  scene.marks.push_back(Circle{{4, 90}, 2, {0, 0, 0}});
  scene.marks.push_back(Polyline{{{-1e6, -1e6}, {-10, 50}}, {0, 0, 0}, 1});
  scene.marks.push_back(Text{{100, 100}, "outside", 12, {0, 0, 0}});
  scene.marks.push_back(Raster{{10, 10}, 5, 5, Pixels(1, 1)});
  const Pixels pixels = draw(scene, 2);
  for (std::size_t i = 0; i < 8 * 6; ++i) EXPECT_EQ(static_cast<int>(*pixels.at(i % 8, i / 8)), 10);
}

TEST(Canvas, DoesNotDarkenALineWhereItsPiecesMeet) {
  Scene straight{.width = 10, .height = 3}, pieces = straight;
  straight.marks.push_back(Polyline{{{1, 1.5}, {9, 1.5}}, {0, 0, 0}, 0.5});
  pieces.marks.push_back(Polyline{{{1, 1.5}, {4, 1.5}, {5, 1.5}, {9, 1.5}}, {0, 0, 0}, 0.5});
  EXPECT_EQ(draw(straight, 2).rgb, draw(pieces, 2).rgb);
}

TEST(Svg, EscapesTextAndKeepsItsPlace) {
  Scene scene{.width = 10, .height = 20, .title = "a \"b\" & c"};
  scene.marks.push_back(Text{{1, 2.345}, "x < y & \"z\"", 12, {255, 0, 16}, Anchor::kEnd, true});
  const auto elements = read_svg(svg_text(scene));
  EXPECT_EQ(elements[0].attributes.at("aria-label"), scene.title);
  const auto found = named(elements, "text");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].text, "x < y & \"z\"");
  EXPECT_EQ(found[0].attributes.at("fill"), "#ff0010");
  EXPECT_EQ(found[0].attributes.at("text-anchor"), "end");
  EXPECT_EQ(found[0].attributes.at("transform"), "rotate(-90 1 2.35)");
}

TEST(Svg, HoldsPixelsInBase64) {
  Scene scene{.width = 10, .height = 20};
  scene.marks.push_back(Raster{{0, 0}, 2, 2, Pixels(1, 1)});
  const auto images = named(read_svg(svg_text(scene)), "image");
  ASSERT_THAT(images, SizeIs(1));
  // The signature of PNG, encoded.
  EXPECT_THAT(images[0].attributes.at("href"), HasSubstr("data:image/png;base64,iVBORw0KGgo"));
  EXPECT_EQ(images[0].attributes.at("href").substr(22).size() % 4, 0u);
}

TEST(SvgReader, RefusesWhatIsNoXml) {
  EXPECT_THAT(read_svg("<a b=\"c\"><d/>e &amp; f</a>\n"), SizeIs(2));
  for (const char* bad : {"<a>", "<a></b>", "<a b=c/>", "<a b=\"1\" b=\"2\"/>", "<a>&</a>", "<a b=\"<\"/>",
                          "<a>\x01</a>", "<a/><b/>", "a"})
    EXPECT_THROW(read_svg(bad), std::runtime_error) << bad;
}

}  // namespace
}  // namespace weft::testing
