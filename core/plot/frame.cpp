// SPDX-License-Identifier: Apache-2.0
#include "core/plot/frame.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/io/printable.h"
#include "core/plot/font.h"
#include "core/plot/marks.h"
#include "core/plot/palette.h"

namespace weft::detail {
namespace {

constexpr double kWidth = 640, kHeight = 400;
constexpr double kTickSize = 11, kNameSize = 12, kTitleSize = 14;
constexpr double kRow = 18;        // between entries of the legend
constexpr double kMostName = 150;  // width of a name in the legend
constexpr double kSlack = 1.15;    // letters of browsers are wider than those of this library
constexpr double kSample = 26;     // in front of a name of the legend

double widest(const std::vector<Tick>& ticks) {
  double width = 0;
  for (const Tick& tick : ticks) width = std::max(width, width_of(tick.text, kTickSize));
  return width;
}

// Ticks whose texts stand clear of each other.
std::vector<Tick> ticks_along(const Scale& scale, double length) {
  for (int most = 9; most > 2; --most) {
    std::vector<Tick> ticks = scale.ticks(most);
    const auto gaps = static_cast<double>(ticks.size());
    if (gaps * (widest(ticks) + 14) <= length) return ticks;
  }
  return scale.ticks(2);
}

}  // namespace

std::string clean(const std::string& text) { return printable(text, std::numeric_limits<std::size_t>::max()); }

Frame::Frame(const plot::Axes& axes, const Scale& x, const Scale& y, const std::vector<Entry>& legend)
    : x_(x), y_(y), scene_{.width = kWidth, .height = kHeight, .title = clean(axes.title)} {
  double legend_width = 0;
  for (const Entry& entry : legend)
    legend_width =
        std::max(legend_width, kSample + kSlack * std::min(width_of(clean(entry.name), kNameSize), kMostName));
  if (legend_width > 0) legend_width = std::max(legend_width, kSample + 64);  // room for "and 1000 more"
  top_ = axes.title.empty() ? 16 : 40;
  bottom_ = kHeight - (axes.x.empty() ? 30 : 50);
  const std::vector<Tick> y_ticks = y_.ticks(std::max(3, static_cast<int>((bottom_ - top_) / 44)));
  left_ = 16 + widest(y_ticks) + (axes.y.empty() ? 0 : 20);
  right_ = kWidth - 20 - (legend_width > 0 ? legend_width + 14 : 0);
  add_grid(axes, ticks_along(x_, right_ - left_), y_ticks);
  add_legend(legend, right_ + 14);
}

void Frame::add_grid(const plot::Axes& axes, const std::vector<Tick>& x_ticks, const std::vector<Tick>& y_ticks) {
  for (const Tick& tick : x_ticks) {
    const double x = left_ + tick.place * width();
    add(Polyline{{{x, top_}, {x, bottom_}}, kGrid, 1});
    add(Text{{x, bottom_ + 16}, tick.text, kTickSize, kSoft, Anchor::kMiddle});
  }
  for (const Tick& tick : y_ticks) {
    const double y = bottom_ - tick.place * height();
    add(Polyline{{{left_, y}, {right_, y}}, kGrid, 1});
    add(Text{{left_ - 7, y + 4}, tick.text, kTickSize, kSoft, Anchor::kEnd});
  }
  const double middle = (left_ + right_) / 2;
  const auto name = [](const std::string& text, double size, double width) {
    return shortened(clean(text), size, width);
  };
  if (!axes.title.empty())
    add(Text{{middle, 25},
             name(axes.title, kTitleSize, 2 * std::min(middle, kWidth - middle)),
             kTitleSize,
             kInk,
             Anchor::kMiddle});
  if (!axes.x.empty())
    add(Text{{middle, bottom_ + 38}, name(axes.x, kNameSize, width()), kNameSize, kInk, Anchor::kMiddle});
  if (!axes.y.empty())
    add(Text{{19, (top_ + bottom_) / 2}, name(axes.y, kNameSize, height()), kNameSize, kInk, Anchor::kMiddle, true});
}

void Frame::add_legend(const std::vector<Entry>& legend, double x) {
  const auto rows = static_cast<std::size_t>(height() / kRow);
  const std::size_t shown = legend.size() <= rows ? legend.size() : rows - 1;
  double y = top_ + 10;
  for (std::size_t i = 0; i < shown; ++i, y += kRow) {
    const Entry& entry = legend[i];
    if (entry.as_line) {
      for (Polyline& piece : curve_of({{x, y}, {x + 18, y}}, entry.number)) add(std::move(piece));
    } else {
      add(marker_of({x + 9, y}, 4, entry.number));
    }
    add(Text{{x + kSample, y + 4}, shortened(clean(entry.name), kNameSize, kMostName), kNameSize, kInk});
  }
  if (shown < legend.size())
    add(Text{{x + kSample, y + 4}, "and " + std::to_string(legend.size() - shown) + " more", kNameSize, kSoft});
}

Point Frame::at(double x, double y) const { return {left_ + x_.place(x) * width(), bottom_ - y_.place(y) * height()}; }

void Frame::say(const std::string& text) {
  add(Text{{(left_ + right_) / 2, (top_ + bottom_) / 2}, text, kTitleSize, kSoft, Anchor::kMiddle});
}

void Frame::note(const std::string& text) {
  add(Text{{right_, kHeight - 5}, text, kTickSize - 1, kSoft, Anchor::kEnd});
}

Scene Frame::take() {
  add(Polyline{{{left_, top_}, {left_, bottom_}, {right_, bottom_}}, kSoft, 1});
  return std::move(scene_);
}

}  // namespace weft::detail
