// SPDX-License-Identifier: Apache-2.0
#include "core/data/images/color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "core/io/gray.h"

namespace weft::detail {
namespace {

NewImage like(const ImageView& image) { return NewImage(image.height(), image.width(), image.channels(), DType::kU8); }

std::size_t pixels_of(const ImageView& image) { return static_cast<std::size_t>(image.height() * image.width()); }

// from + factor (to - from), rounded down.
std::uint8_t blend(std::uint8_t from, std::uint8_t to, double factor) {
  const double value = from + factor * (static_cast<double>(to) - from);
  return static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0));
}

// Blends each value with the gray that `base` gives for its pixel.
template <class Base>
Tensor blended(const ImageView& image, double factor, const Base& base) {
  NewImage out = like(image);
  const std::uint8_t* from = image.values();
  auto* to = out.values<std::uint8_t>();
  for (std::size_t i = 0; i < pixels_of(image); ++i, from += 3, to += 3) {
    const std::uint8_t gray = base(from);
    for (std::size_t c = 0; c < 3; ++c) to[c] = blend(gray, from[c], factor);
  }
  return out.tensor();
}

std::uint8_t gray_at(const std::uint8_t* pixel) { return gray_of(pixel[0], pixel[1], pixel[2]); }

// A pixel with the hue moved by `part`. Source: Smith 1978.
std::array<double, 3> with_hue(const std::uint8_t* pixel, double part) {
  const double r = pixel[0], g = pixel[1], b = pixel[2];
  const double high = std::max({r, g, b}), low = std::min({r, g, b}), chroma = high - low;
  if (chroma == 0) return {r, g, b};
  const double sixth = high == r ? (g - b) / chroma : high == g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
  double hue = sixth + 6 * part;
  hue -= 6 * std::floor(hue / 6);
  const auto value = [&](double offset) {
    const double k = std::fmod(offset + hue, 6.0);
    return high - chroma * std::clamp(std::min(k, 4 - k), 0.0, 1.0);
  };
  return {value(5), value(3), value(1)};
}

}  // namespace

Tensor brightened(const ImageView& image, double factor) {
  return blended(image, factor, [](const std::uint8_t*) { return std::uint8_t{0}; });
}

Tensor contrasted(const ImageView& image, double factor) {
  std::uint64_t sum = 0;
  const std::size_t n = pixels_of(image);
  for (std::size_t i = 0; i < n; ++i) sum += gray_at(image.values() + 3 * i);
  const auto mean = static_cast<std::uint8_t>(std::lround(static_cast<double>(sum) / static_cast<double>(n)));
  return blended(image, factor, [mean](const std::uint8_t*) { return mean; });
}

Tensor saturated(const ImageView& image, double factor) { return blended(image, factor, gray_at); }

Tensor hue_moved(const ImageView& image, double part) {
  NewImage out = like(image);
  const std::uint8_t* from = image.values();
  auto* to = out.values<std::uint8_t>();
  for (std::size_t i = 0; i < pixels_of(image); ++i, from += 3, to += 3) {
    const std::array<double, 3> moved = with_hue(from, part);
    for (std::size_t c = 0; c < 3; ++c) to[c] = static_cast<std::uint8_t>(std::lround(moved[c]));
  }
  return out.tensor();
}

Tensor grayed(const ImageView& image, std::int64_t channels) {
  NewImage out(image.height(), image.width(), channels, DType::kU8);
  const std::uint8_t* from = image.values();
  auto* to = out.values<std::uint8_t>();
  const bool colored = image.channels() == 3;
  for (std::size_t i = 0; i < pixels_of(image); ++i, from += image.channels())
    for (std::int64_t c = 0; c < channels; ++c) *to++ = colored ? gray_at(from) : from[0];
  return out.tensor();
}

}  // namespace weft::detail
