// SPDX-License-Identifier: Apache-2.0
// Transforms of images beside what Pillow makes (tests/core/data/make_transforms.py), and their draws.
#include "weft/image_transforms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/data/images/color.h"
#include "core/data/images/geometry.h"
#include "tests/support/files.h"
#include "weft/array.h"
#include "weft/npy.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

using detail::ImageTypes;
using detail::ImageView;
using ::testing::HasSubstr;

const Tensor& golden(const std::string& name) {
  static const auto all = [] {
    std::map<std::string, Tensor> tensors;
    for (auto& [key, value] :
         data::read_npz(std::filesystem::path(WEFT_SOURCE_DIR) / "tests/core/data/golden" / "transforms.npz"))
      tensors.emplace(key, value);
    return tensors;
  }();
  return all.at(name);
}

ImageView input() { return ImageView("test", golden("input"), ImageTypes::kU8); }

// The largest difference; the test fails for another shape.
double difference(const Tensor& got, const std::string& name) {
  const Tensor& wanted = golden(name);
  EXPECT_EQ(got.shape(), wanted.shape()) << name;
  const std::vector<double> a = got.to_vector<double>(), b = wanted.to_vector<double>();
  double most = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

TEST(ImageTransform, ResizeHasTheBitsOfPillow) {
  for (const data::ImageSize size : {data::ImageSize(8, 8), data::ImageSize(40, 50), data::ImageSize(17, 5),
                                     data::ImageSize(6, 23), data::ImageSize(1, 1), data::ImageSize(17, 23)}) {
    const std::string name = "resize " + std::to_string(size.height) + " " + std::to_string(size.width);
    EXPECT_EQ(difference(data::Resize(size)(golden("input")), name), 0) << name;
  }
  EXPECT_EQ(difference(data::Resize({4, 9})(golden("gray")), "resize gray"), 0);
  EXPECT_EQ(difference(detail::resized("test", input(), {3, 4, {9, 11}}, {6, 7}), "resize part"), 0);
}

TEST(ImageTransform, ResizeBringsTheShorterSideToANumber) {
  EXPECT_EQ(data::Resize(8)(zeros({17, 23, 3}, DType::kU8)).shape(), (Shape{8, 10, 3}));
  EXPECT_EQ(data::Resize(8)(zeros({23, 17, 1}, DType::kU8)).shape(), (Shape{10, 8, 1}));
  EXPECT_THAT(message_of<ShapeError>([] {
                data::Resize(1000)(zeros({1, 2000, 1}, DType::kU8));
              }),
              HasSubstr("a side has at most 1000000 pixels"));
}

// Pillow computes factors in f32; truncation makes that one level.
TEST(ImageTransform, ColorsAreThoseOfPillow) {
  EXPECT_EQ(difference(data::Grayscale()(golden("input")), "gray"), 0);
  for (const char* text : {"0.0", "0.6", "1.0", "1.7"}) {
    const double factor = std::stod(text);
    const std::string of = text;
    EXPECT_LE(difference(detail::brightened(input(), factor), "brightness " + of), 1) << of;
    EXPECT_LE(difference(detail::contrasted(input(), factor), "contrast " + of), 1) << of;
    EXPECT_LE(difference(detail::saturated(input(), factor), "saturation " + of), 1) << of;
  }
  for (const char* text : {"-0.5", "-0.1", "0.0", "0.3"})  // rounded to whole levels
    EXPECT_LE(difference(detail::hue_moved(input(), std::stod(text)), std::string("hue ") + text), 0.501) << text;
}

// Pillow rounds down, these are rounded to the nearest level.
TEST(ImageTransform, RotationsAreThoseOfPillow) {
  for (const int degrees : {-150, 0, 30, 90})
    EXPECT_LE(difference(detail::rotated(input(), degrees), "rotation " + std::to_string(degrees)), 1) << degrees;
}

TEST(ImageTransform, NormalizeHasTheBitsOfNumPy) {
  const Tensor out = data::Normalize()(golden("input"));
  EXPECT_EQ(out.dtype(), DType::kF32);
  EXPECT_EQ(difference(out, "imagenet"), 0);
  const Tensor one = data::Normalize({{0.5f}, {0.25f}})(Tensor::of<std::uint8_t>({0, 255}, {1, 1, 2}));
  EXPECT_EQ(one.to_vector(), (std::vector<float>{-2, 2}));
}

// A (4, 5, 1) image of 1 to 20.
Tensor counted() { return (arange(20) + 1).reshape({4, 5, 1}).to(DType::kU8); }

TEST(ImageTransform, CropsAndFlipsMovePixels) {
  EXPECT_EQ(data::CenterCrop({2, 3})(counted()).to_vector<int>(), (std::vector<int>{7, 8, 9, 12, 13, 14}));
  EXPECT_EQ(data::RandomFlip({.horizontal = 1})(counted()).to_vector<int>(), flip(counted(), {1}).to_vector<int>());
  EXPECT_EQ(data::RandomFlip({.horizontal = 0, .vertical = 1})(counted()).to_vector<int>(),
            flip(counted(), {0}).to_vector<int>());
  EXPECT_EQ(data::RandomFlip({.horizontal = 0})(counted()).to_vector<int>(), counted().to_vector<int>());
  const Tensor wide = counted().to(DType::kF32);
  EXPECT_EQ(data::RandomFlip({.horizontal = 1})(wide).to_vector(), flip(wide, {1}).to_vector());
}

TEST(ImageTransform, RandomCropReachesEveryPlace) {
  seed(1);
  std::set<std::vector<int>> seen;
  for (int i = 0; i < 400; ++i) seen.insert(data::RandomCrop({3, 4})(counted()).to_vector<int>());
  EXPECT_EQ(seen.size(), 4u);
  for (const std::vector<int>& crop : seen) EXPECT_EQ(crop[5] - crop[0], 6);
  seen.clear();
  for (int i = 0; i < 2000; ++i) {
    const Tensor crop = data::RandomCrop({4, 5}, {.padding = 2})(counted());
    ASSERT_EQ(crop.shape(), (Shape{4, 5, 1}));
    seen.insert(crop.to_vector<int>());
  }
  EXPECT_EQ(seen.size(), 25u);
  const Tensor far = detail::cropped(ImageView("test", counted(), ImageTypes::kAny), {-9, 40, {2, 2}});
  EXPECT_EQ(far.to_vector<int>(), (std::vector<int>{0, 0, 0, 0}));
}

TEST(ImageTransform, RandomResizedCropStaysWithinAreaAndRatio) {
  seed(2);
  // Each pixel is its place: the first and the last of a crop tell its box.
  const Tensor image = stack({arange(60).reshape({60, 1}) * ones({1, 80}, DType::kI64),
                              arange(80).reshape({1, 80}) * ones({60, 1}, DType::kI64)},
                             2)
                           .to(DType::kU8);
  std::set<std::vector<int>> seen;
  for (int i = 0; i < 100; ++i) {
    const Tensor crop = data::RandomResizedCrop({100, 100}, {.scale = {0.2, 0.5}})(image);
    ASSERT_EQ(crop.shape(), (Shape{100, 100, 2}));
    const std::vector<int> v = crop.to_vector<int>();
    const double height = v[v.size() - 2] - v[0] + 1, width = v[v.size() - 1] - v[1] + 1;
    EXPECT_GE(height * width, 0.19 * 60 * 80);
    EXPECT_LE(height * width, 0.52 * 60 * 80);
    EXPECT_GE(width / height, 0.72);
    EXPECT_LE(width / height, 1.38);
    seen.insert({v[0], v[1]});
  }
  EXPECT_GT(seen.size(), 80u);
  // No box of that ratio fits: the middle of the image, as tall as the ratio lets it be.
  const Tensor line = zeros({1, 500, 3}, DType::kU8);
  EXPECT_EQ(data::RandomResizedCrop(4)(line).shape(), (Shape{4, 4, 3}));
}

TEST(ImageTransform, RandomErasingFillsABox) {
  seed(3);
  const Tensor image = zeros({30, 40, 3}, DType::kU8);
  int erased = 0;
  for (int i = 0; i < 200; ++i) {
    const Tensor out = data::RandomErasing({.value = 7})(image);
    const double share = (out.to(DType::kF32) / 7.0).mean().item();
    if (share == 0) continue;
    ++erased;
    EXPECT_GT(share, 0.015);
    EXPECT_LT(share, 0.35);
  }
  EXPECT_GT(erased, 60);
  EXPECT_LT(erased, 140);
  const Tensor wide = data::RandomErasing({.p = 1, .value = -1.5})(image.to(DType::kF32));
  EXPECT_EQ(wide.min().item(), -1.5f);
}

TEST(ImageTransform, ColorJitterChangesWhatItIsAskedFor) {
  seed(4);
  EXPECT_EQ(data::ColorJitter({})(golden("input")).to_vector<int>(), golden("input").to_vector<int>());
  std::set<std::vector<int>> seen;
  for (int i = 0; i < 20; ++i)
    seen.insert(data::ColorJitter({.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1})(golden("input"))
                    .to_vector<int>());
  EXPECT_EQ(seen.size(), 20u);
  // One color times one number, for all pixels that stay below white.
  const Tensor gray = full({2, 2, 3}, 100, DType::kU8);
  for (int i = 0; i < 20; ++i) {
    const std::vector<int> v = data::ColorJitter({.brightness = 0.5})(gray).to_vector<int>();
    EXPECT_EQ(std::set<int>(v.begin(), v.end()).size(), 1u);
    EXPECT_GE(v[0], 50);
    EXPECT_LE(v[0], 150);
  }
}

TEST(ImageTransform, DrawsFollowTheSeed) {
  const auto draw = [](std::uint64_t s) {
    seed(s);
    const Tensor out = data::RandomRotation(30)(data::RandomResizedCrop({16, 16})(golden("input")));
    return data::RandomErasing({.p = 1})(data::Normalize()(out)).to_vector();
  };
  EXPECT_EQ(draw(5), draw(5));
  EXPECT_NE(draw(5), draw(6));
}

TEST(ImageTransform, RefusesWhatDoesNotFit) {
  const Tensor image = counted(), wide = image.to(DType::kF32);
  EXPECT_THAT(message_of<DTypeError>([&] { data::Resize(3)(wide); }),
              HasSubstr("[Resize] the image is f32; it must be u8, so put Normalize behind Resize"));
  EXPECT_THAT(message_of<DTypeError>([&] { data::Normalize()(wide); }), HasSubstr("[Normalize] the image is f32"));
  EXPECT_THAT(message_of<DTypeError>([&] { data::RandomErasing()(image.to(DType::kI64)); }), HasSubstr("u8 or f32"));
  EXPECT_THAT(message_of<ShapeError>([&] { data::CenterCrop(5)(image); }),
              HasSubstr("[CenterCrop] the image is (4, 5, 1) with padding 0, the crop is 5 x 5"));
  EXPECT_THAT(message_of<ShapeError>([&] { data::RandomCrop(9, {.padding = 2})(image); }), HasSubstr("pad more"));
  EXPECT_THAT(message_of<ShapeError>([&] { data::RandomFlip()(zeros({2, 2})); }), HasSubstr("(2, 2)"));
  EXPECT_THAT(message_of<ShapeError>([&] { data::RandomFlip()(zeros({0, 2, 3})); }), HasSubstr("with a pixel"));
  EXPECT_THAT(message_of<ShapeError>([&] { data::ColorJitter({.hue = 0.1})(image); }), HasSubstr("(height, width, 3)"));
  EXPECT_THAT(message_of<ShapeError>([&] { data::Normalize()(image); }), HasSubstr("there are 3 means"));
  EXPECT_THAT(message_of<ValueError>([&] { data::RandomFlip()(Tensor()); }), HasSubstr("RandomFlip"));
  EXPECT_THAT(message_of<ValueError>([&] { data::RandomErasing({.p = 1, .value = -1})(image); }),
              HasSubstr("it must lie in [0, 255]"));
}

TEST(ImageTransform, RefusesSettingsOutsideOfTheirDomain) {
  const double nan = std::nan("");
  EXPECT_THROW(data::Resize(0), ValueError);
  EXPECT_THROW(data::Resize({4, -1}), ValueError);
  EXPECT_THROW(data::CenterCrop(0), ValueError);
  EXPECT_THROW(data::RandomCrop(4, {.padding = -1}), ValueError);
  EXPECT_THROW(data::RandomResizedCrop(4, {.scale = {0, 1}}), ValueError);
  EXPECT_THROW(data::RandomResizedCrop(4, {.ratio = {2, 1}}), ValueError);
  EXPECT_THROW(data::RandomFlip({.horizontal = 1.5}), ValueError);
  EXPECT_THROW(data::RandomFlip({.vertical = nan}), ValueError);
  EXPECT_THROW(data::RandomRotation(std::nan("")), ValueError);
  EXPECT_THROW(data::RandomRotation(181), ValueError);
  EXPECT_THROW(data::ColorJitter({.brightness = -1}), ValueError);
  EXPECT_THROW(data::ColorJitter({.hue = 0.6}), ValueError);
  EXPECT_THROW(data::Grayscale(2), ValueError);
  EXPECT_THROW(data::Normalize({{}, {}}), ValueError);
  EXPECT_THROW(data::Normalize({{0, 0}, {1}}), ValueError);
  EXPECT_THROW(data::Normalize({{0}, {0}}), ValueError);
  EXPECT_THROW(data::RandomErasing({.p = -1}), ValueError);
  EXPECT_THROW(data::RandomErasing({.ratio = {nan, 1}}), ValueError);
}

}  // namespace
}  // namespace weft::testing
