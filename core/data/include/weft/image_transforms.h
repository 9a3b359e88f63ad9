// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

// Changes of one image (h, w, channels) in host memory, for Images::map(). Random changes draw by draw_seed(). Within
// Images::map() and data::map() the draws are a function of (seed, epoch, row) alone, for any number of threads. Names
// and defaults are torchvision's. DTypeError for an image of another type than a transform takes, ShapeError for one
// that is no image or too small, ValueError for settings outside of their domain.
namespace weft WEFT_EXPORT {
namespace data {

// Height and width.
struct ImageSize {
  ImageSize() = default;  // no size
  // A square.
  ImageSize(std::int64_t side) : height(side), width(side) {}
  // A size in NumPy's order.
  ImageSize(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  std::int64_t height = 0, width = 0;  // in pixels
};

// An interval.
struct Between {
  double low = 0, high = 0;  // its ends
};

// Bilinear interpolation over the area of each new pixel, so that smaller images have no aliasing. u8, bits of Pillow's
// Image.resize(BILINEAR).
class Resize {
 public:
  // The shorter side becomes `shorter`, the other one in proportion, rounded down.
  explicit Resize(std::int64_t shorter);
  // Exactly this size.
  explicit Resize(ImageSize size);
  // The image in its new size.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  ImageSize size_;
  bool shorter_ = false;  // size_ holds the shorter side
};

// The middle of an image, of any dtype.
class CenterCrop {
 public:
  // A crop of this size.
  explicit CenterCrop(ImageSize size);
  // The middle of the image.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  ImageSize size_;
};

// Settings of RandomCrop.
struct RandomCropOptions {
  std::int64_t padding = 0;  // zeros that are put around the image first
};
// A part of an image, anywhere, of any dtype.
class RandomCrop {
 public:
  // Crops of this size.
  explicit RandomCrop(ImageSize size, RandomCropOptions options = {});
  // A part of the image.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  ImageSize size_;
  RandomCropOptions options_;
};

// Settings of RandomResizedCrop.
struct RandomResizedCropOptions {
  Between scale{0.08, 1};           // share of the image's area
  Between ratio{3.0 / 4, 4.0 / 3};  // width over height
};
// A part of random area and ratio, resized as by Resize. u8.
class RandomResizedCrop {
 public:
  // Images of this size.
  explicit RandomResizedCrop(ImageSize size, RandomResizedCropOptions options = {});
  // A part of the image, resized.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  ImageSize size_;
  RandomResizedCropOptions options_;
};

// Settings of RandomFlip: the chances.
struct RandomFlipOptions {
  double horizontal = 0.5;  // left and right change places
  double vertical = 0;      // top and bottom change places
};
// Mirrors an image of any dtype.
class RandomFlip {
 public:
  // A flip with these chances.
  explicit RandomFlip(RandomFlipOptions options = {});
  // The image or a mirrored one.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  RandomFlipOptions options_;
};

// Turns an image around its middle by an angle of [-degrees, degrees), bilinear, zeros outside. u8.
class RandomRotation {
 public:
  // Angles up to this one, which lies in [0, 180].
  explicit RandomRotation(double degrees);
  // The turned image.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  double degrees_;
};

// Settings of ColorJitter. Factors are drawn from [1 - x, 1 + x), not below 0; the hue moves by [-hue, hue) of a
// circle.
struct ColorJitterOptions {
  double brightness = 0, contrast = 0, saturation = 0;  // 0: unchanged
  double hue = 0;                                       // up to 0.5
};
// Changes brightness, contrast, saturation and hue in random order. u8 (h, w, 3).
class ColorJitter {
 public:
  // Changes within these ranges.
  explicit ColorJitter(ColorJitterOptions options);
  // The image in other colors.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  ColorJitterOptions options_;
};

// Gray as read_image() makes it, in 1 channel or 3 equal ones. u8 (h, w, 1 | 3).
class Grayscale {
 public:
  // Gray in so many channels, 1 or 3.
  explicit Grayscale(std::int64_t channels = 1);
  // The gray image.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  std::int64_t channels_;
};

// Mean and standard deviation of values in [0, 1], by channel.
struct Normalization {
  std::vector<float> mean, stddev;  // equally many
};
// ImageNet's numbers for RGB images, which torchvision's pretrained nets expect.
inline Normalization imagenet() { return {{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}}; }
// f32 (x / 255 - mean) / stddev of a u8 image; a Normalization of one channel is for all.
class Normalize {
 public:
  // A normalization by these numbers.
  explicit Normalize(Normalization by = imagenet());
  // The normalized image.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  Normalization by_;
};

// Settings of RandomErasing.
struct RandomErasingOptions {
  double p = 0.5;             // chance that a part is erased
  Between scale{0.02, 0.33};  // share of the image's area
  Between ratio{0.3, 3.3};    // height over width
  double value = 0;           // what the part is filled with
};
// Fills a part of random area and ratio. u8 or f32. Source: Zhong et al. 2020.
class RandomErasing {
 public:
  // A fill with these settings.
  explicit RandomErasing(RandomErasingOptions options = {});
  // The image, or one with a part erased.
  [[nodiscard]] Tensor operator()(const Tensor& image) const;

 private:
  RandomErasingOptions options_;
};

}  // namespace data
}  // namespace weft
