// SPDX-License-Identifier: Apache-2.0
#include "core/plot/lines.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/plot/figure_file.h"
#include "core/plot/frame.h"
#include "core/plot/marks.h"
#include "core/plot/scale.h"
#include "core/plot/svg.h"

namespace weft {
namespace {

using detail::Frame;
using detail::Point;
using detail::Scale;

double x_of(const plot::Line& line, std::size_t i) { return line.x.empty() ? static_cast<double>(i + 1) : line.x[i]; }

// True for epochs and the like.
bool has_whole_places(const plot::Line& line) {
  return std::all_of(line.x.begin(), line.x.end(), [](double x) { return x == std::floor(x); });
}

void check(const std::string& op, const std::vector<plot::Line>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (!lines[i].x.empty() && lines[i].x.size() != lines[i].y.size())
      fail<ValueError>(op, "line ", i, " (\"", detail::clean(lines[i].name), "\") has ", lines[i].y.size(),
                       " values and ", lines[i].x.size(), " places; there must be as many, or no places for 1, 2, 3");
}

// Adds the lowest and the highest of the points from `first` on that share a column of pixels, and the outer ones.
void add_column(const std::vector<Point>& points, std::size_t first, std::size_t end, std::vector<Point>& to) {
  std::size_t low = first, high = first;
  for (std::size_t i = first; i < end; ++i) {
    if (points[i].y < points[low].y) low = i;
    if (points[i].y > points[high].y) high = i;
  }
  std::vector<std::size_t> kept{first, low, high, end - 1};
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  for (const std::size_t i : kept) to.push_back(points[i]);
}

// A curve that looks the same with at most four points in a row per column of pixels.
std::vector<Point> thinned(const std::vector<Point>& points) {
  std::vector<Point> out;
  for (std::size_t first = 0; first < points.size();) {
    std::size_t end = first + 1;
    while (end < points.size() && std::floor(points[end].x) == std::floor(points[first].x)) ++end;
    add_column(points, first, end, out);
    first = end;
  }
  return out;
}

void add_run(const std::vector<Point>& run, std::size_t number, Frame& frame) {
  if (run.empty()) return;
  if (run.size() == 1) {
    frame.add(detail::marker_of(run[0], 2.5, number));
    return;
  }
  for (detail::Polyline& piece : detail::curve_of(thinned(run), number)) frame.add(std::move(piece));
}

detail::Scene scene_of(const std::string& op, const std::vector<plot::Line>& lines, const plot::Axes& axes) {
  check(op, lines);
  Scale x(axes.log_x, 0.02), y(axes.log_y, 0.04);
  if (std::all_of(lines.begin(), lines.end(), has_whole_places)) x.use_whole_ticks();
  std::vector<detail::Entry> legend;
  const auto shows = [&](const plot::Line& line, std::size_t i) {
    return x.shows(x_of(line, i)) && y.shows(line.y[i]);
  };
  for (std::size_t number = 0; number < lines.size(); ++number) {
    const plot::Line& line = lines[number];
    if (!line.name.empty()) legend.push_back({line.name, number, true});
    for (std::size_t i = 0; i < line.y.size(); ++i) {
      if (!shows(line, i)) continue;
      x.add(x_of(line, i));
      y.add(line.y[i]);
    }
  }
  const bool empty = x.empty();
  x.close();
  y.close();
  Frame frame(axes, x, y, legend);
  if (empty) frame.say("no values");
  for (std::size_t number = 0; number < lines.size(); ++number) {
    const plot::Line& line = lines[number];
    std::vector<Point> run;
    for (std::size_t i = 0; i < line.y.size(); ++i) {
      if (shows(line, i)) {
        run.push_back(frame.at(x_of(line, i), line.y[i]));
      } else {
        add_run(run, number, frame);
        run.clear();
      }
    }
    add_run(run, number, frame);
  }
  return frame.take();
}

}  // namespace

void plot::lines(const std::vector<Line>& lines, const std::filesystem::path& file, const Axes& axes) {
  const detail::FigureFile to("plot::lines", file);
  to.write(scene_of(to.op(), lines, axes));
}

std::string detail::lines_svg(const std::vector<plot::Line>& lines, const plot::Axes& axes) {
  return svg_text(scene_of("plot::lines", lines, axes));
}

}  // namespace weft
