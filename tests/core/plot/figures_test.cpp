// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/core/plot/figures.h"
#include "tests/core/plot/png_reader.h"
#include "tests/core/plot/svg_reader.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/compile.h"
#include "weft/ops.h"
#include "weft/plot.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace weft::testing
