// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/plot/scale.h"
#include "core/plot/scene.h"
#include "weft/plot.h"

namespace weft::detail {

// An entry of the legend beside a figure.
struct Entry {
  std::string name;
  std::size_t number = 0;  // of the curve or class, which decides its color
  bool as_line = false;    // true: a piece of the curve, false: a marker
};

// A figure with two axes, 640 x 400: title, grid, ticks, names of the axes, legend. `x` and `y` are closed scales.
class Frame {
 public:
  Frame(const plot::Axes& axes, const Scale& x, const Scale& y, const std::vector<Entry>& legend);

  // The place of a value pair that both axes show.
  Point at(double x, double y) const;
  const Scale& x() const { return x_; }
  const Scale& y() const { return y_; }
  // The area of the values.
  double left() const { return left_; }
  double top() const { return top_; }
  double width() const { return right_ - left_; }
  double height() const { return bottom_ - top_; }
  void add(Mark mark) { scene_.marks.push_back(std::move(mark)); }
  // A remark in the middle of a figure without values.
  void say(const std::string& text);
  // A remark below the figure.
  void note(const std::string& text);
  // The figure. The lines of the axes lie on the values.
  Scene take();

 private:
  void add_legend(const std::vector<Entry>& legend, double x);
  void add_grid(const plot::Axes& axes, const std::vector<Tick>& x_ticks, const std::vector<Tick>& y_ticks);

  Scale x_, y_;
  double left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
  Scene scene_;
};

// Text of a user as a figure may hold it: control characters and bytes that are no UTF-8 are written as "\x1f".
std::string clean(const std::string& text);

}  // namespace weft::detail
