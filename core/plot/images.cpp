// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/io/image_pixels.h"
#include "core/plot/figure_file.h"
#include "core/plot/font.h"
#include "core/plot/frame.h"
#include "core/plot/palette.h"
#include "weft/plot.h"

namespace weft {
namespace {

constexpr double kWidth = 640, kMargin = 10, kGap = 4, kTitleSize = 14;
constexpr double kTile = 56;        // least height of a small image
constexpr double kMostUnits = 1e7;  // area of a figure: 40 million pixels of a PNG file

}  // namespace

void plot::images(const Tensor& images, const std::filesystem::path& file, int columns, const Axes& axes) {
  const detail::FigureFile to("plot::images", file);
  if (columns < 0) fail<ValueError>(to.op(), "columns is ", columns, "; it must be positive, or 0 for as many as fit");
  const detail::ImageSizes shown = detail::image_sizes(to.op(), images);
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
  std::vector<detail::Pixels> pixels = detail::pixels_of(images, shown);
  const auto in_row = static_cast<std::size_t>(per_row);
  for (std::size_t i = 0; i < shown.count; ++i) {
    const std::size_t line = i / in_row, column = i % in_row;
    scene.marks.push_back(
        detail::Raster{{kMargin + static_cast<double>(column) * step_x, top + static_cast<double>(line) * step_y},
                       width * unit,
                       rows * unit,
                       std::move(pixels[i])});
  }
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
