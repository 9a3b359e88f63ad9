// SPDX-License-Identifier: Apache-2.0
#include "weft/image_transforms.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "core/base/check.h"
#include "core/data/draws.h"
#include "core/data/images/color.h"
#include "core/data/images/geometry.h"
#include "core/data/images/pixels.h"
#include "weft/error.h"
#include "weft/random.h"

namespace weft::data {
namespace {

using detail::Box;
using detail::Draws;
using detail::ImageTypes;
using detail::ImageView;

void check_size(const char* op, ImageSize size) {
  constexpr std::int64_t kMostPerSide = 1'000'000;
  for (const std::int64_t side : {size.height, size.width})
    if (side < 1 || side > kMostPerSide)
      fail_at<ValueError>(op, "", "the size is ", size.height, " x ", size.width, "; a side has 1 to ", kMostPerSide,
                          " pixels");
}

void check_chance(const char* op, const char* name, double chance) {
  if (!(chance >= 0 && chance <= 1)) fail_at<ValueError>(op, "", name, " is ", chance, "; it must lie in [0, 1]");
}

void check_between(const char* op, const char* name, Between values) {
  if (!(values.low > 0 && values.low <= values.high && std::isfinite(values.high)))
    fail_at<ValueError>(op, "", name, " is [", values.low, ", ", values.high,
                        "]; it must be positive, the lower bound first");
}

Draws draws() { return Draws(draw_seed(), 0); }

std::int64_t place(Draws& draws, std::int64_t places) {
  return static_cast<std::int64_t>(draws.below(static_cast<std::uint64_t>(places)));
}

// A box of random area and height over width in an image; none where ten tries do not fit.
std::optional<Box> random_box(Draws& draws, const ImageView& image, Between scale, Between ratio) {
  constexpr int kTries = 10;
  const double area = static_cast<double>(image.height() * image.width());
  for (int i = 0; i < kTries; ++i) {
    const double share = area * draws.between(scale.low, scale.high);
    const double aspect = std::exp(draws.between(std::log(ratio.low), std::log(ratio.high)));
    const double height = std::round(std::sqrt(share * aspect)), width = std::round(std::sqrt(share / aspect));
    if (height < 1 || width < 1 || height > static_cast<double>(image.height()) ||
        width > static_cast<double>(image.width()))
      continue;
    const ImageSize size(static_cast<std::int64_t>(height), static_cast<std::int64_t>(width));
    const std::int64_t top = place(draws, image.height() - size.height + 1);
    return Box{top, place(draws, image.width() - size.width + 1), size};
  }
  return std::nullopt;
}

Box middle(const ImageView& image, ImageSize size) {
  return {(image.height() - size.height) / 2, (image.width() - size.width) / 2, size};
}

Box whole(const ImageView& image) { return {0, 0, ImageSize(image.height(), image.width())}; }

void check_fits(const char* op, const ImageView& image, std::int64_t padding, ImageSize size) {
  if (image.height() + 2 * padding < size.height || image.width() + 2 * padding < size.width)
    fail_at<ShapeError>(op, "", "the image is ", image.tensor().shape(), " with padding ", padding, ", the crop is ",
                        size.height, " x ", size.width, "; put Resize in front or pad more");
}

}  // namespace

Resize::Resize(std::int64_t shorter) : size_(shorter), shorter_(true) { check_size("Resize", size_); }
Resize::Resize(ImageSize size) : size_(size) { check_size("Resize", size_); }

Tensor Resize::operator()(const Tensor& image) const {
  const ImageView from("Resize", image, ImageTypes::kU8);
  ImageSize size = size_;
  if (shorter_) {
    const std::int64_t side = size_.height, height = from.height(), width = from.width();
    size = height <= width ? ImageSize(side, side * width / height) : ImageSize(side * height / width, side);
  }
  return detail::resized("Resize", from, whole(from), size);
}

CenterCrop::CenterCrop(ImageSize size) : size_(size) { check_size("CenterCrop", size_); }

Tensor CenterCrop::operator()(const Tensor& image) const {
  const ImageView from("CenterCrop", image, ImageTypes::kAny);
  check_fits("CenterCrop", from, 0, size_);
  return detail::cropped(from, middle(from, size_));
}

RandomCrop::RandomCrop(ImageSize size, RandomCropOptions options) : size_(size), options_(options) {
  constexpr std::int64_t kMost = 1'000'000;
  check_size("RandomCrop", size_);
  if (options_.padding < 0 || options_.padding > kMost)
    fail_at<ValueError>("RandomCrop", "", "padding is ", options_.padding, "; it must lie in [0, ", kMost, "]");
}

Tensor RandomCrop::operator()(const Tensor& image) const {
  const ImageView from("RandomCrop", image, ImageTypes::kAny);
  const std::int64_t padding = options_.padding;
  check_fits("RandomCrop", from, padding, size_);
  Draws draws = data::draws();
  const std::int64_t top = place(draws, from.height() + 2 * padding - size_.height + 1) - padding;
  const std::int64_t left = place(draws, from.width() + 2 * padding - size_.width + 1) - padding;
  return detail::cropped(from, {top, left, size_});
}

RandomResizedCrop::RandomResizedCrop(ImageSize size, RandomResizedCropOptions options)
    : size_(size), options_(options) {
  check_size("RandomResizedCrop", size_);
  check_between("RandomResizedCrop", "scale", options_.scale);
  check_between("RandomResizedCrop", "ratio", options_.ratio);
}

Tensor RandomResizedCrop::operator()(const Tensor& image) const {
  const ImageView from("RandomResizedCrop", image, ImageTypes::kU8);
  Draws draws = data::draws();
  const Between tall{1 / options_.ratio.high, 1 / options_.ratio.low};
  std::optional<Box> box = random_box(draws, from, options_.scale, tall);
  if (!box) {  // the largest one in the middle whose ratio is allowed
    const auto height = static_cast<double>(from.height()), width = static_cast<double>(from.width());
    const double ratio = std::clamp(height / width, tall.low, tall.high);
    const auto side = [](double length) { return std::max<std::int64_t>(1, std::llround(length)); };
    box = middle(from,
                 ImageSize(std::min(from.height(), side(width * ratio)), std::min(from.width(), side(height / ratio))));
  }
  return detail::resized("RandomResizedCrop", from, *box, size_);
}

RandomFlip::RandomFlip(RandomFlipOptions options) : options_(options) {
  check_chance("RandomFlip", "horizontal", options_.horizontal);
  check_chance("RandomFlip", "vertical", options_.vertical);
}

Tensor RandomFlip::operator()(const Tensor& image) const {
  const ImageView from("RandomFlip", image, ImageTypes::kAny);
  Draws draws = data::draws();
  const bool horizontal = draws.share() < options_.horizontal;
  return detail::flipped(from, horizontal, draws.share() < options_.vertical);
}

RandomRotation::RandomRotation(double degrees) : degrees_(degrees) {
  if (!(degrees >= 0 && degrees <= 180))
    fail_at<ValueError>("RandomRotation", "", "degrees are ", degrees, "; they must lie in [0, 180]");
}

Tensor RandomRotation::operator()(const Tensor& image) const {
  const ImageView from("RandomRotation", image, ImageTypes::kU8);
  return detail::rotated(from, draws().between(-degrees_, degrees_));
}

ColorJitter::ColorJitter(ColorJitterOptions options) : options_(options) {
  const std::pair<const char*, double> ranges[] = {
      {"brightness", options_.brightness}, {"contrast", options_.contrast}, {"saturation", options_.saturation}};
  for (const auto& [name, range] : ranges)
    if (!(range >= 0 && std::isfinite(range)))
      fail_at<ValueError>("ColorJitter", "", name, " is ", range, "; it must be 0 or more and finite");
  if (!(options_.hue >= 0 && options_.hue <= 0.5))
    fail_at<ValueError>("ColorJitter", "", "hue is ", options_.hue, "; it must lie in [0, 0.5]");
}

Tensor ColorJitter::operator()(const Tensor& image) const {
  constexpr const char* kOp = "ColorJitter";
  const ImageView first(kOp, image, ImageTypes::kU8);
  if (first.channels() != 3)
    fail_at<ShapeError>(kOp, "", "the image is ", image.shape(), "; it must be (height, width, 3)");
  Draws draws = data::draws();
  const auto factor = [&](double range) { return draws.between(std::max(0.0, 1 - range), 1 + range); };
  const double brightness = factor(options_.brightness), contrast = factor(options_.contrast);
  const double saturation = factor(options_.saturation), hue = draws.between(-options_.hue, options_.hue);
  std::array<int, 4> order{0, 1, 2, 3};
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[draws.below(i)]);
  Tensor out = first.tensor();
  for (const int change : order) {
    const ImageView from(kOp, out, ImageTypes::kU8);
    if (change == 0 && options_.brightness > 0) out = detail::brightened(from, brightness);
    if (change == 1 && options_.contrast > 0) out = detail::contrasted(from, contrast);
    if (change == 2 && options_.saturation > 0) out = detail::saturated(from, saturation);
    if (change == 3 && options_.hue > 0) out = detail::hue_moved(from, hue);
  }
  return out;
}

Grayscale::Grayscale(std::int64_t channels) : channels_(channels) {
  if (channels != 1 && channels != 3)
    fail_at<ValueError>("Grayscale", "", "channels are ", channels, "; they must be 1 or 3");
}

Tensor Grayscale::operator()(const Tensor& image) const {
  const ImageView from("Grayscale", image, ImageTypes::kU8);
  if (from.channels() != 1 && from.channels() != 3)
    fail_at<ShapeError>("Grayscale", "", "the image is ", image.shape(), "; it must have 1 or 3 channels");
  return detail::grayed(from, channels_);
}

Normalize::Normalize(Normalization by) : by_(std::move(by)) {
  if (by_.mean.empty() || by_.mean.size() != by_.stddev.size())
    fail_at<ValueError>("Normalize", "", by_.mean.size(), " means and ", by_.stddev.size(),
                        " standard deviations; there must be equally many, one at least");
  const auto finite = [](float value) { return std::isfinite(value); };
  if (!std::all_of(by_.mean.begin(), by_.mean.end(), finite) ||
      !std::all_of(by_.stddev.begin(), by_.stddev.end(), [&](float value) { return value > 0 && finite(value); }))
    fail_at<ValueError>("Normalize", "", "means must be finite, standard deviations positive and finite");
}

Tensor Normalize::operator()(const Tensor& image) const {
  constexpr std::size_t kValues = 256;
  const ImageView from("Normalize", image, ImageTypes::kU8);
  const auto channels = static_cast<std::size_t>(from.channels());
  if (by_.mean.size() != 1 && by_.mean.size() != channels)
    fail_at<ShapeError>("Normalize", "", "the image is ", image.shape(), ", there are ", by_.mean.size(),
                        " means; there must be one, or one for each channel");
  detail::NewImage out(from.height(), from.width(), from.channels(), DType::kF32);
  auto* to = out.values<float>();
  const std::size_t count = out.size() / sizeof(float);
  for (std::size_t c = 0; c < channels; ++c) {
    const std::size_t of = by_.mean.size() == 1 ? 0 : c;
    std::array<float, kValues> table{};
    for (std::size_t v = 0; v < kValues; ++v)
      table[v] = (static_cast<float>(v) / 255.0f - by_.mean[of]) / by_.stddev[of];
    for (std::size_t i = c; i < count; i += channels) to[i] = table[from.values()[i]];
  }
  return out.tensor();
}

RandomErasing::RandomErasing(RandomErasingOptions options) : options_(options) {
  check_chance("RandomErasing", "p", options_.p);
  check_between("RandomErasing", "scale", options_.scale);
  check_between("RandomErasing", "ratio", options_.ratio);
}

Tensor RandomErasing::operator()(const Tensor& image) const {
  constexpr const char* kOp = "RandomErasing";
  const ImageView from(kOp, image, ImageTypes::kAny);
  if (from.dtype() != DType::kU8 && from.dtype() != DType::kF32)
    fail_at<DTypeError>(kOp, "", "the image is ", from.dtype(), "; it must be u8 or f32");
  if (from.dtype() == DType::kU8 && !(options_.value >= 0 && options_.value <= 255))
    fail_at<ValueError>(kOp, "", "value is ", options_.value, "; of a u8 image it must lie in [0, 255]");
  Draws draws = data::draws();
  if (draws.share() >= options_.p) return from.tensor();
  const std::optional<Box> box = random_box(draws, from, options_.scale, options_.ratio);
  if (!box) return from.tensor();
  const auto channels = static_cast<std::size_t>(from.channels());
  if (from.dtype() == DType::kU8) {
    const std::vector<std::uint8_t> pixel(channels, static_cast<std::uint8_t>(options_.value));
    return detail::filled(from, *box, std::as_bytes(std::span(pixel)).data());
  }
  const std::vector<float> pixel(channels, static_cast<float>(options_.value));
  return detail::filled(from, *box, std::as_bytes(std::span(pixel)).data());
}

}  // namespace weft::data
