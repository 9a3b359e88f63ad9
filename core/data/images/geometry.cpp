// SPDX-License-Identifier: Apache-2.0
#include "core/data/images/geometry.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <numbers>

namespace weft::detail {

Tensor cropped(const ImageView& image, const Box& box) {
  NewImage out(box.size.height, box.size.width, image.channels(), image.dtype());
  const std::size_t pixel = image.pixel_bytes();
  const std::int64_t left = std::clamp<std::int64_t>(-box.left, 0, box.size.width);
  const std::int64_t right = std::clamp<std::int64_t>(image.width() - box.left, left, box.size.width);
  const auto before = static_cast<std::size_t>(left) * pixel, within = static_cast<std::size_t>(right - left) * pixel;
  const std::size_t row_bytes = static_cast<std::size_t>(box.size.width) * pixel;
  std::byte* to = out.bytes();
  for (std::int64_t y = box.top; y < box.top + box.size.height; ++y, to += row_bytes) {
    const bool inside = y >= 0 && y < image.height() && within > 0;
    if (!inside || within < row_bytes) std::memset(to, 0, row_bytes);
    if (inside) std::memcpy(to + before, image.at(y, box.left + left), within);
  }
  return out.tensor();
}

Tensor flipped(const ImageView& image, bool horizontal, bool vertical) {
  if (!horizontal && !vertical) return image.tensor();
  NewImage out(image.height(), image.width(), image.channels(), image.dtype());
  const std::size_t pixel = image.pixel_bytes(), row_bytes = static_cast<std::size_t>(image.width()) * pixel;
  std::byte* to = out.bytes();
  for (std::int64_t y = 0; y < image.height(); ++y, to += row_bytes) {
    const std::byte* from = image.at(vertical ? image.height() - 1 - y : y, 0);
    if (!horizontal) {
      std::memcpy(to, from, row_bytes);
      continue;
    }
    for (std::size_t x = 0; x < row_bytes; x += pixel) std::memcpy(to + x, from + row_bytes - pixel - x, pixel);
  }
  return out.tensor();
}

Tensor rotated(const ImageView& image, double degrees) {
  const std::int64_t height = image.height(), width = image.width(), channels = image.channels();
  NewImage out(height, width, channels, image.dtype());
  const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
  const double middle_x = static_cast<double>(width) / 2, middle_y = static_cast<double>(height) / 2;
  auto* to = out.values<std::uint8_t>();
  std::memset(to, 0, out.size());
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x, to += channels) {
      const double dx = static_cast<double>(x) + 0.5 - middle_x, dy = static_cast<double>(y) + 0.5 - middle_y;
      const double from_x = c * dx - s * dy + middle_x, from_y = s * dx + c * dy + middle_y;
      if (from_x < 0 || from_y < 0 || from_x >= static_cast<double>(width) || from_y >= static_cast<double>(height))
        continue;
      const double floor_x = std::floor(from_x - 0.5), floor_y = std::floor(from_y - 0.5);
      const double right = from_x - 0.5 - floor_x, below = from_y - 0.5 - floor_y;
      const auto near = [](double place, std::int64_t size) {
        return std::clamp<std::int64_t>(static_cast<std::int64_t>(place), 0, size - 1);
      };
      const std::int64_t x0 = near(floor_x, width), x1 = near(floor_x + 1, width);
      const std::int64_t y0 = near(floor_y, height), y1 = near(floor_y + 1, height);
      const auto value = [&](std::int64_t row, std::int64_t column, std::int64_t channel) {
        return static_cast<double>(image.values()[(row * width + column) * channels + channel]);
      };
      for (std::int64_t k = 0; k < channels; ++k) {
        const double above = value(y0, x0, k) * (1 - right) + value(y0, x1, k) * right;
        const double under = value(y1, x0, k) * (1 - right) + value(y1, x1, k) * right;
        to[k] = static_cast<std::uint8_t>(std::lround(above * (1 - below) + under * below));
      }
    }
  return out.tensor();
}

Tensor filled(const ImageView& image, const Box& box, const std::byte* pixel) {
  NewImage out(image.height(), image.width(), image.channels(), image.dtype());
  std::memcpy(out.bytes(), image.at(0, 0), out.size());
  for (std::int64_t y = box.top; y < box.top + box.size.height; ++y)
    for (std::int64_t x = box.left; x < box.left + box.size.width; ++x)
      std::memcpy(out.bytes() + (image.at(y, x) - image.at(0, 0)), pixel, image.pixel_bytes());
  return out.tensor();
}

}  // namespace weft::detail
