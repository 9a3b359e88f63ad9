// SPDX-License-Identifier: Apache-2.0
#include "core/plot/marks.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/plot/palette.h"

namespace weft::detail {
namespace {

constexpr double kCurve = 2;  // width

struct Dash {
  double on, off;
};

std::vector<Polyline> dashed(const std::vector<Point>& points, Color color, Dash dash) {
  std::vector<Polyline> pieces;
  bool inked = true;
  double left = dash.on;  // until the pen is lifted or set down
  std::vector<Point> piece{points.front()};
  const auto finish = [&] {
    if (inked) pieces.push_back({piece, color, kCurve});
  };
  for (std::size_t i = 1; i < points.size(); ++i) {
    Point from = points[i - 1];
    const Point to = points[i];
    for (double length = std::hypot(to.x - from.x, to.y - from.y); length > left;) {
      from = {from.x + (to.x - from.x) * left / length, from.y + (to.y - from.y) * left / length};
      length -= left;
      piece.push_back(from);
      finish();
      inked = !inked;
      left = inked ? dash.on : dash.off;
      piece = {from};
    }
    left -= std::hypot(to.x - from.x, to.y - from.y);
    piece.push_back(to);
  }
  finish();
  return pieces;
}

Mark marker(Point center, double radius, std::size_t number, Color color) {
  if (number / kPalette.size() % 2 == 0) return Circle{center, radius, color};
  const double half = 0.9 * radius;
  return Rectangle{{center.x - half, center.y - half}, 2 * half, 2 * half, color};
}

}  // namespace

std::vector<Polyline> curve_of(const std::vector<Point>& points, std::size_t number) {
  const std::size_t round = number / kPalette.size() % 3;
  if (round == 0) return {Polyline{points, color_of(number), kCurve}};
  return dashed(points, color_of(number), round == 1 ? Dash{6, 5} : Dash{0.5, 4});
}

Mark marker_of(Point center, double radius, std::size_t number) {
  return marker(center, radius, number, color_of(number));
}

Mark halo_of(Point center, double radius, std::size_t number) { return marker(center, radius + 1, number, kWhite); }

}  // namespace weft::detail
