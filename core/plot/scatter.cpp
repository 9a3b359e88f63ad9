// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/check.h"
#include "core/io/host_values.h"
#include "core/plot/figure_file.h"
#include "core/plot/frame.h"
#include "core/plot/marks.h"
#include "core/plot/palette.h"
#include "core/plot/scale.h"
#include "weft/plot.h"

namespace weft {
namespace {

using detail::Frame;
using detail::Scale;

struct Points {
  std::vector<double> xy;
  std::vector<std::int64_t> labels;

  std::size_t size() const { return labels.size(); }
  double x(std::size_t i) const { return xy[2 * i]; }
  double y(std::size_t i) const { return xy[2 * i + 1]; }
};

Points points_of(const std::string& op, const Tensor& points, const Tensor& labels) {
  detail::check_known(op, "points", points);
  if (points.rank() != 2 || points.dim(1) != 2)
    fail<ShapeError>(op, "points is ", points.shape(), "; it must be (n, 2), an x and a y for each point");
  return {detail::numbers_of(op, "points", points), detail::labels_of(op, "labels", labels, points.dim(0))};
}

struct Plane {
  Scale x, y;
};

// Axes that show the points.
Plane plane_of(const Points& points, const plot::Axes& axes) {
  Plane plane{Scale(axes.log_x, 0.05), Scale(axes.log_y, 0.05)};
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!plane.x.shows(points.x(i)) || !plane.y.shows(points.y(i))) continue;
    plane.x.add(points.x(i));
    plane.y.add(points.y(i));
  }
  return plane;
}

// Numbers the different labels in their order.
class Classes {
 public:
  explicit Classes(std::vector<std::int64_t> labels) : labels_(std::move(labels)) {
    std::sort(labels_.begin(), labels_.end());
    labels_.erase(std::unique(labels_.begin(), labels_.end()), labels_.end());
  }
  std::size_t number(std::int64_t label) const {
    return static_cast<std::size_t>(std::lower_bound(labels_.begin(), labels_.end(), label) - labels_.begin());
  }
  std::vector<detail::Entry> legend() const {
    std::vector<detail::Entry> entries;
    for (std::size_t i = 0; i < labels_.size(); ++i) entries.push_back({std::to_string(labels_[i]), i});
    return entries;
  }

 private:
  std::vector<std::int64_t> labels_;
};

void add_points(const Points& points, const Classes& classes, Frame& frame) {
  const double radius = points.size() <= 300 ? 4 : points.size() <= 3000 ? 3 : 2;
  std::set<std::tuple<std::int64_t, std::int64_t, std::size_t>> seen;  // half pixels that show a class already
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!frame.x().shows(points.x(i)) || !frame.y().shows(points.y(i))) {
      ++left_out;
      continue;
    }
    const detail::Point at = frame.at(points.x(i), points.y(i));
    const std::size_t number = classes.number(points.labels[i]);
    if (!seen.emplace(std::llround(2 * at.x), std::llround(2 * at.y), number).second) continue;
    if (radius > 2) frame.add(detail::halo_of(at, radius, number));
    frame.add(detail::marker_of(at, radius, number));
  }
  if (seen.empty()) frame.say("no points");
  if (left_out > 0) frame.note(std::to_string(left_out) + " points left out: not finite, or up to 0 on a log axis");
}

float as_float(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return static_cast<float>(std::clamp(value, -kMost, kMost));
}

// The middles of a grid of cells over the figure, row by row from the top, f32 (columns * rows, 2).
Tensor grid_of(const Plane& plane, std::size_t columns, std::size_t rows, Device device) {
  std::vector<float> xy;
  xy.reserve(2 * columns * rows);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      xy.push_back(as_float(plane.x.value((static_cast<double>(c) + 0.5) / static_cast<double>(columns))));
      xy.push_back(as_float(plane.y.value(1 - (static_cast<double>(r) + 0.5) / static_cast<double>(rows))));
    }
  }
  const DeviceScope here(device);
  return Tensor::of(xy, {static_cast<std::int64_t>(columns * rows), 2});
}

}  // namespace

void plot::scatter(const Tensor& points, const Tensor& labels, const std::filesystem::path& file, const Axes& axes) {
  const detail::FigureFile to("plot::scatter", file);
  const Points shown = points_of(to.op(), points, labels);
  Plane plane = plane_of(shown, axes);
  plane.x.close();
  plane.y.close();
  const Classes classes(shown.labels);
  Frame frame(axes, plane.x, plane.y, classes.legend());
  add_points(shown, classes, frame);
  to.write(frame.take());
}

void plot::decision_boundary(const std::function<Tensor(const Tensor&)>& predict, const Tensor& points,
                             const Tensor& labels, const std::filesystem::path& file, const Axes& axes) {
  constexpr std::size_t kColumns = 240, kRows = 160;
  const detail::FigureFile to("plot::decision_boundary", file);
  if (!predict) fail<ValueError>(to.op(), "predict is empty; give a function that takes points to classes");
  const Points shown = points_of(to.op(), points, labels);
  Plane plane = plane_of(shown, axes);
  plane.x.close();
  plane.y.close();
  const std::vector<std::int64_t> regions =
      detail::labels_of(to.op(), "the result of predict", predict(grid_of(plane, kColumns, kRows, points.device())),
                        static_cast<std::int64_t>(kColumns * kRows));
  std::vector<std::int64_t> all = shown.labels;
  all.insert(all.end(), regions.begin(), regions.end());
  const Classes classes(std::move(all));
  Frame frame(axes, plane.x, plane.y, classes.legend());
  detail::Pixels pixels(kColumns, kRows);
  for (std::size_t i = 0; i < regions.size(); ++i) {
    const std::size_t number = classes.number(regions[i]);
    const bool again = number / detail::kPalette.size() % 2 == 1;  // the color of an earlier class
    detail::set(pixels, i % kColumns, i / kColumns, detail::tint(detail::color_of(number), again ? 0.5 : 0.3));
  }
  frame.add(detail::Raster{{frame.left(), frame.top()}, frame.width(), frame.height(), std::move(pixels)});
  add_points(shown, classes, frame);
  to.write(frame.take());
}

}  // namespace weft
