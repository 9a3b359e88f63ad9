// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/plot/figure_file.h"
#include "core/plot/font.h"
#include "core/plot/frame.h"
#include "core/plot/host_values.h"
#include "core/plot/palette.h"
#include "weft/plot.h"

namespace weft {
namespace {

constexpr double kWidth = 640, kMargin = 10, kGap = 4, kTitleSize = 14;
constexpr double kTile = 56;        // least height of a small image
constexpr double kMostUnits = 2e7;  // area of a figure: 80 million pixels of a PNG file

struct Images {
  std::vector<double> values;  // in [0, 1] unless NaN
  std::size_t count, rows, columns, channels;

  const double* at(std::size_t image, std::size_t row, std::size_t column) const {
    return values.data() + ((image * rows + row) * columns + column) * channels;
  }
};

Images images_of(const std::string& op, const Tensor& images) {
  detail::check_known(op, "images", images);
  const bool gray = images.rank() == 3;
  const std::int64_t channels = images.rank() == 4 ? images.dim(3) : 1;
  if ((!gray && images.rank() != 4) || (channels != 1 && channels != 3 && channels != 4))
    fail<ShapeError>(op, "images is ", images.shape(),
                     "; it must be (n, h, w), (n, h, w, 1), (n, h, w, 3) or (n, h, w, 4)");
  if (images.dim(0) > 0 && (images.dim(1) == 0 || images.dim(2) == 0))
    fail<ShapeError>(op, "images is ", images.shape(), "; an image must have a pixel");
  if (images.dtype() != DType::kU8 && !is_floating(images.dtype()))
    fail<DTypeError>(op, "images is ", images.dtype(), "; it must be u8, or a floating type with values in [0, 1]");
  const auto size = [&](int axis) { return static_cast<std::size_t>(images.dim(axis)); };
  Images out{{}, size(0), size(1), size(2), static_cast<std::size_t>(channels)};
  return out;
}

std::uint8_t byte_of(double value) { return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value, 0.0, 1.0))); }

detail::Color color_of(const double* pixel, std::size_t channels) {
  if (std::any_of(pixel, pixel + channels, [](double v) { return std::isnan(v); })) return detail::color_of(1);
  if (channels == 1) return {byte_of(pixel[0]), byte_of(pixel[0]), byte_of(pixel[0])};
  const double opaque = channels == 4 ? std::clamp(pixel[3], 0.0, 1.0) : 1;
  const auto part = [&](std::size_t i) { return byte_of(1 + opaque * (std::clamp(pixel[i], 0.0, 1.0) - 1)); };
  return {part(0), part(1), part(2)};
}

detail::Pixels pixels_of(const Images& images, std::size_t image) {
  detail::Pixels out(images.columns, images.rows);
  for (std::size_t y = 0; y < images.rows; ++y) {
    for (std::size_t x = 0; x < images.columns; ++x) {
      detail::set(out, x, y, color_of(images.at(image, y, x), images.channels));
    }
  }
  return out;
}

}  // namespace

void plot::images(const Tensor& images, const std::filesystem::path& file, int columns, const Axes& axes) {
  const detail::FigureFile to("plot::images", file);
  if (columns < 0) fail<ValueError>(to.op(), "columns is ", columns, "; it must be positive, or 0 for as many as fit");
  Images shown = images_of(to.op(), images);
  const auto rows = static_cast<double>(shown.rows), width = static_cast<double>(shown.columns);
  // Whole pixels, so that all of an image are equal.
  const double unit = std::max(1.0, std::ceil(kTile / std::max(std::max(rows, width), 1.0)));
  const double step_x = width * unit + kGap, step_y = rows * unit + kGap;
  const double fitting = std::max(1.0, std::floor((kWidth - 2 * kMargin + kGap) / step_x));
  const double per_row = std::max(1.0, std::min(columns > 0 ? columns : fitting, static_cast<double>(shown.count)));
  const double lines = std::ceil(static_cast<double>(shown.count) / per_row);
  const double top = axes.title.empty() ? kMargin : 40;
  detail::Scene scene{.width = std::max(2 * kMargin - kGap + per_row * step_x, 160.0),
                      .height = std::max(top + kMargin - kGap + lines * step_y, top + 40),
                      .title = detail::clean(axes.title)};
  if (scene.width * scene.height > kMostUnits)
    fail<ValueError>(to.op(), shown.count, " images of ", shown.rows, " x ", shown.columns, " make a figure of ",
                     scene.width, " x ", scene.height, "; give fewer: images.slice(0, 0, n)");
  shown.values = images.to_vector<double>();
  if (images.dtype() == DType::kU8)
    for (double& value : shown.values) value /= 255;
  const auto in_row = static_cast<std::size_t>(per_row);
  for (std::size_t i = 0; i < shown.count; ++i)
    scene.marks.push_back(detail::Raster{
        {kMargin + static_cast<double>(i % in_row) * step_x, top + static_cast<double>(i / in_row) * step_y},
        width * unit,
        rows * unit,
        pixels_of(shown, i)});
  const auto write = [&](detail::Point at, const std::string& text, double size, detail::Color color) {
    scene.marks.push_back(detail::Text{at, text, size, color, detail::Anchor::kMiddle});
  };
  if (shown.count == 0) write({scene.width / 2, top + 20}, "no images", kTitleSize, detail::kSoft);
  if (!axes.title.empty())
    write({scene.width / 2, 25}, detail::shortened(scene.title, kTitleSize, scene.width - 16), kTitleSize,
          detail::kInk);
  to.write(scene);
}

}  // namespace weft
