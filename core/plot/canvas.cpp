// SPDX-License-Identifier: Apache-2.0
#include "core/plot/canvas.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "core/plot/font.h"

namespace weft::detail {
namespace {

std::size_t pixels_of(double length, int scale) { return static_cast<std::size_t>(std::ceil(length * scale)); }

class Canvas {
 public:
  Canvas(const Scene& scene, int scale)
      : scale_(scale),
        pixels_(pixels_of(scene.width, scale), pixels_of(scene.height, scale)),
        coverage_(pixels_.columns * pixels_.rows) {
    std::fill(pixels_.rgb.begin(), pixels_.rgb.end(), std::uint8_t{255});
  }

  void add(const Rectangle& r) {
    const double left = r.corner.x * scale_, right = left + r.width * scale_;
    const double top = r.corner.y * scale_, bottom = top + r.height * scale_;
    for (std::size_t y = row(top); y < row_end(bottom); ++y) {
      const double high = overlap(top, bottom, y);
      for (std::size_t x = column(left); x < column_end(right); ++x)
        blend(x, y, high * overlap(left, right, x), r.fill);
    }
  }

  void add(const Circle& c) {
    const double cx = c.center.x * scale_, cy = c.center.y * scale_, radius = c.radius * scale_;
    for (std::size_t y = row(cy - radius - 1); y < row_end(cy + radius + 1); ++y)
      for (std::size_t x = column(cx - radius - 1); x < column_end(cx + radius + 1); ++x)
        blend(x, y, radius + 0.5 - std::hypot(center(x) - cx, center(y) - cy), c.fill);
  }

  void add(const Polyline& line) {
    cover(line.points, line.width);
    if (line.points.size() == 1) cover(line.points[0], line.points[0], line.width);
    paint(line.color);
  }

  void add(const Text& text) {
    double shift = 0;
    if (text.anchor != Anchor::kStart)
      shift = width_of(text.content, text.size) * (text.anchor == Anchor::kMiddle ? 0.5 : 1);
    for (std::vector<Point>& stroke : strokes_of(text.content, text.size)) {
      for (Point& p : stroke) {
        const double along = p.x - shift;
        p = text.upward ? Point{text.at.x + p.y, text.at.y - along} : Point{text.at.x + along, text.at.y + p.y};
      }
      cover(stroke, pen_of(text.size));
    }
    paint(text.color);
  }

  void add(const Raster& raster) {
    const double left = raster.corner.x * scale_, top = raster.corner.y * scale_;
    const double width = raster.width * scale_, height = raster.height * scale_;
    const auto source = [](double share, std::size_t count) {
      return std::min(static_cast<std::size_t>(share * static_cast<double>(count)), count - 1);
    };
    for (std::size_t y = row(top + 0.5); y < row_end(top + height - 0.5); ++y) {
      for (std::size_t x = column(left + 0.5); x < column_end(left + width - 0.5); ++x) {
        const std::uint8_t* from =
            raster.pixels.at(source(std::max(0.0, (center(x) - left) / width), raster.pixels.columns),
                             source(std::max(0.0, (center(y) - top) / height), raster.pixels.rows));
        std::copy(from, from + 3, pixels_.at(x, y));
      }
    }
  }

  Pixels take() { return std::move(pixels_); }

 private:
  static double center(std::size_t pixel) { return static_cast<double>(pixel) + 0.5; }
  static double overlap(double from, double to, std::size_t pixel) {
    const auto at = static_cast<double>(pixel);
    return std::min(to, at + 1) - std::max(from, at);
  }
  static std::size_t bounded(double at, std::size_t most) {
    return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(most)));
  }
  std::size_t column(double x) const { return bounded(std::floor(x), pixels_.columns); }
  std::size_t column_end(double x) const { return bounded(std::ceil(x), pixels_.columns); }
  std::size_t row(double y) const { return bounded(std::floor(y), pixels_.rows); }
  std::size_t row_end(double y) const { return bounded(std::ceil(y), pixels_.rows); }

  void blend(std::size_t x, std::size_t y, double share, Color color) {
    if (share <= 0) return;
    share = std::min(share, 1.0);
    std::uint8_t* to = pixels_.at(x, y);
    const std::uint8_t from[] = {color.red, color.green, color.blue};
    for (std::size_t i = 0; i < 3; ++i)
      to[i] = static_cast<std::uint8_t>(std::lround(to[i] + share * (from[i] - to[i])));
  }

  void cover(const std::vector<Point>& points, double width) {
    for (std::size_t i = 1; i < points.size(); ++i) cover(points[i - 1], points[i], width);
  }

  // Raises the coverage of the pixels along a line with round ends. Pieces of one shape must not add up where they
  // meet.
  void cover(Point from, Point to, double width) {
    const double reach = std::max(width * scale_, 1.0) / 2 + 0.5;  // to the first pixel without ink
    const double ax = from.x * scale_, ay = from.y * scale_, dx = (to.x - from.x) * scale_,
                 dy = (to.y - from.y) * scale_;
    const double squared = dx * dx + dy * dy;
    for (std::size_t y = row(std::min(ay, ay + dy) - reach); y < row_end(std::max(ay, ay + dy) + reach); ++y) {
      double left = std::min(ax, ax + dx) - reach, right = std::max(ax, ax + dx) + reach;
      if (std::abs(dy) > 1e-3) {  // the part of the row that the line passes near
        const double at = ax + (center(y) - ay) * dx / dy, near = reach * std::sqrt(squared) / std::abs(dy);
        left = std::max(left, at - near);
        right = std::min(right, at + near);
      }
      for (std::size_t x = column(left); x < column_end(right); ++x) {
        const double px = center(x) - ax, py = center(y) - ay;
        const double t = squared > 0 ? std::clamp((px * dx + py * dy) / squared, 0.0, 1.0) : 0;
        const auto share = static_cast<float>(reach - std::hypot(px - t * dx, py - t * dy));
        if (share <= 0) continue;
        float& covered = coverage_[y * pixels_.columns + x];
        if (covered == 0) touched_.push_back(y * pixels_.columns + x);
        covered = std::max(covered, share);
      }
    }
  }

  void paint(Color color) {
    for (const std::size_t i : touched_) {
      blend(i % pixels_.columns, i / pixels_.columns, coverage_[i], color);
      coverage_[i] = 0;
    }
    touched_.clear();
  }

  int scale_;
  Pixels pixels_;
  std::vector<float> coverage_;       // of the shape at hand, by pixel
  std::vector<std::size_t> touched_;  // pixels with coverage
};

}  // namespace

Pixels draw(const Scene& scene, int scale) {
  Canvas canvas(scene, scale);
  for (const Mark& mark : scene.marks) std::visit([&](const auto& m) { canvas.add(m); }, mark);
  return canvas.take();
}

}  // namespace weft::detail
