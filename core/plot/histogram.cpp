// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/base/check.h"
#include "core/io/host_values.h"
#include "core/plot/figure_file.h"
#include "core/plot/frame.h"
#include "core/plot/palette.h"
#include "core/plot/scale.h"
#include "weft/plot.h"

namespace weft {
namespace {

using detail::Frame;
using detail::Scale;

constexpr int kMostByRule = 100, kMostBins = 10'000;

// Value at a share of the sorted values, between its neighbors.
double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double part = at - static_cast<double>(below);
  return sorted[below] * (1 - part) + sorted[above] * part;
}

// Bins by the rule of Freedman and Diaconis, 2 IQR / n^(1/3) wide; by that of Sturges where half of the values are one.
int bins_for(const std::vector<double>& sorted) {
  const auto n = static_cast<double>(sorted.size());
  const double range = sorted.back() - sorted.front();
  const double width = 2 * (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / std::cbrt(n);
  const double bins = width > 0 ? std::ceil(range / width) : std::ceil(std::log2(n)) + 1;
  return static_cast<int>(std::clamp(bins, 1.0, static_cast<double>(kMostByRule)));
}

// Places of the values along the axis, sorted; what the axis cannot show is left out.
std::vector<double> places_of(const std::vector<double>& values, const Scale& x) {
  std::vector<double> places;
  for (const double v : values)
    if (x.shows(v)) places.push_back(x.place(v));
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace

void plot::histogram(const Tensor& values, const std::filesystem::path& file, int bins, const Axes& axes) {
  const detail::FigureFile to("plot::histogram", file);
  if (bins < 0 || bins > kMostBins)
    fail<ValueError>(to.op(), "bins is ", bins, "; it must be 1 to ", kMostBins, ", or 0 for a rule");
  const std::vector<double> given = detail::numbers_of(to.op(), "values", values);
  Scale inner(axes.log_x, 0);
  for (const double v : given) inner.add(v);
  inner.close();
  const std::vector<double> places = places_of(given, inner);
  if (bins == 0) bins = places.empty() ? 1 : bins_for(places);
  std::vector<double> counts(static_cast<std::size_t>(bins));
  for (const double place : places)
    ++counts[static_cast<std::size_t>(std::min(static_cast<int>(place * bins), bins - 1))];

  Scale x(axes.log_x, 0.02), y(axes.log_y, 0);
  x.add(inner.value(0));
  x.add(inner.value(1));
  y.add(axes.log_y ? 0.5 : 0);  // below the bar of a single value
  y.add(1.05 * *std::max_element(counts.begin(), counts.end()));
  y.use_whole_ticks();
  x.close();
  y.close();
  Frame frame(axes, x, y, {});
  const double bottom = frame.top() + frame.height();
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const auto edge = [&](std::size_t k) { return inner.value(static_cast<double>(k) / bins); };
    const detail::Point corner = frame.at(edge(i), counts[i]);
    const double width = frame.at(edge(i + 1), counts[i]).x - corner.x;
    const double gap = std::min(1.0, width / 8);
    frame.add(detail::Rectangle{{corner.x + gap / 2, corner.y}, width - gap, bottom - corner.y, detail::color_of(0)});
  }
  if (places.empty()) frame.say("no values");
  if (const std::size_t left_out = given.size() - places.size(); left_out > 0)
    frame.note(std::to_string(left_out) + " values left out: not finite, or up to 0 on a log axis");
  to.write(frame.take());
}

}  // namespace weft
