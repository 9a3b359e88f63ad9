// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <vector>

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
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Images : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(Images);

TEST_P(Images, KeepTheirPixels) {
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

TEST_P(Images, HaveColorsAndOpacity) {
  const Tensor rgba = Tensor::of<float>({1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0.6f, NAN, 0, 0, 1}, {1, 2, 2, 4});
  const Picture picture = png_of([&](const fs::path& file) { plot::images(rgba, file); });
  EXPECT_EQ(picture.at(30, 30), (Rgb{255, 0, 0}));
  EXPECT_EQ(picture.at(100, 30), kWhite);
  EXPECT_EQ(picture.at(30, 100), (Rgb{102, 102, 102}));
  EXPECT_EQ(picture.at(100, 100), kVermilion);
  const Picture rgb = png_of([&](const fs::path& file) { plot::images(full({1, 1, 1, 3}, 7), file); });
  EXPECT_EQ(rgb.at(30, 30), kWhite);  // beyond 1
}

TEST_P(Images, StandInColumns) {
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

TEST_P(Images, RefuseWhatIsNone) {
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
