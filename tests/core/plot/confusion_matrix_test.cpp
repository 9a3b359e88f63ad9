// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>

#include "tests/core/plot/figures.h"
#include "tests/core/plot/png_reader.h"
#include "tests/core/plot/svg_reader.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/array.h"
#include "weft/ops.h"
#include "weft/plot.h"

namespace weft::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class ConfusionMatrix : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ConfusionMatrix);

TEST_P(ConfusionMatrix, ShowsCountsAndNames) {
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

TEST_P(ConfusionMatrix, OfManyClassesIsAPicture) {
  const auto svg = svg_of([](const fs::path& file) { plot::confusion_matrix(eye(300), file); });
  EXPECT_THAT(named(svg, "image"), SizeIs(1));
  EXPECT_LT(texts(svg).size(), 150u);
  const Picture picture = png_of([](const fs::path& file) { plot::confusion_matrix(eye(300), file); });
  EXPECT_GT(picture.count(kBlue), 1000u);
}

TEST_P(ConfusionMatrix, OfNothing) {
  const auto none = texts(svg_of([](const fs::path& file) { plot::confusion_matrix(zeros({0, 0}), file); }));
  EXPECT_THAT(none, Contains("no classes"));
  svg_of([](const fs::path& file) { plot::confusion_matrix(zeros({3, 3}), file); });
}

TEST_P(ConfusionMatrix, RefusesWhatIsNone) {
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

}  // namespace
}  // namespace weft::testing
