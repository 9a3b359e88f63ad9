// SPDX-License-Identifier: Apache-2.0
#include "core/io/image_pixels.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "core/base/check.h"
#include "core/io/host_values.h"

namespace weft::detail {
namespace {

using Color = std::array<std::uint8_t, 3>;

constexpr Color kVermilion{213, 94, 0};

std::uint8_t byte_of(double value) { return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0))); }

Color color_of(const double* pixel, std::size_t channels) {
  if (std::any_of(pixel, pixel + channels, [](double v) { return std::isnan(v); })) return kVermilion;
  if (channels == 1) return {byte_of(pixel[0]), byte_of(pixel[0]), byte_of(pixel[0])};
  const double opaque = channels == 4 ? std::clamp(pixel[3], 0.0, 1.0) : 1;
  const auto part = [&](std::size_t i) { return byte_of(1 + opaque * (std::clamp(pixel[i], 0.0, 1.0) - 1)); };
  return {part(0), part(1), part(2)};
}

}  // namespace

ImageSizes image_sizes(const std::string& op, const Tensor& images) {
  check_known(op, "images", images);
  const std::int64_t channels = images.rank() == 4 ? images.dim(3) : 1;
  if ((images.rank() != 3 && images.rank() != 4) || (channels != 1 && channels != 3 && channels != 4))
    fail<ShapeError>(op, "images is ", images.shape(),
                     "; it must be (n, h, w), (n, h, w, 1), (n, h, w, 3) or (n, h, w, 4)");
  if (images.dim(0) > 0 && (images.dim(1) == 0 || images.dim(2) == 0))
    fail<ShapeError>(op, "images is ", images.shape(), "; an image must have a pixel");
  if (images.dtype() != DType::kU8 && !is_floating(images.dtype()))
    fail<DTypeError>(op, "images is ", images.dtype(), "; it must be u8, or a floating type with values in [0, 1]");
  const auto size = [&](int axis) { return static_cast<std::size_t>(images.dim(axis)); };
  return {size(0), size(1), size(2), static_cast<std::size_t>(channels)};
}

std::vector<Pixels> pixels_of(const Tensor& images, const ImageSizes& sizes) {
  std::vector<double> values = images.to_vector<double>();
  if (images.dtype() == DType::kU8)
    for (double& value : values) value /= 255;
  std::vector<Pixels> out;
  const double* from = values.data();
  for (std::size_t i = 0; i < sizes.count; ++i) {
    Pixels& pixels = out.emplace_back(sizes.columns, sizes.rows);
    for (std::size_t k = 0; k < sizes.rows * sizes.columns; ++k, from += sizes.channels) {
      const Color color = color_of(from, sizes.channels);
      std::copy(color.begin(), color.end(), pixels.rgb.begin() + static_cast<std::ptrdiff_t>(3 * k));
    }
  }
  return out;
}

}  // namespace weft::detail
