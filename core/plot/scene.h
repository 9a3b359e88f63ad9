// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/io/png.h"

namespace weft::detail {

struct Color {
  std::uint8_t red = 0, green = 0, blue = 0;
};

inline void set(Pixels& pixels, std::size_t x, std::size_t y, Color color) {
  std::uint8_t* at = pixels.at(x, y);
  at[0] = color.red;
  at[1] = color.green;
  at[2] = color.blue;
}

struct Point {
  double x = 0, y = 0;  // to the right and down, in units of a scene
};

struct Rectangle {
  Point corner;  // above and to the left
  double width = 0, height = 0;
  Color fill;
};

struct Polyline {
  std::vector<Point> points;
  Color color;
  double width = 1;
};

struct Circle {
  Point center;
  double radius = 1;
  Color fill;
};

enum class Anchor { kStart, kMiddle, kEnd };

struct Text {
  Point at;             // on the baseline
  std::string content;  // UTF-8 without control characters
  double size = 12;     // of the em square
  Color color;
  Anchor anchor = Anchor::kStart;
  bool upward = false;  // true: reads from bottom to top
};

// Pixels as squares without a transition.
struct Raster {
  Point corner;  // above and to the left
  double width = 0, height = 0;
  Pixels pixels;
};

using Mark = std::variant<Rectangle, Polyline, Circle, Text, Raster>;

// A figure before it is written: later marks lie on earlier ones, on white.
struct Scene {
  double width = 0, height = 0;  // a unit is a pixel of a screen
  std::string title{};           // for readers that show no pictures
  std::vector<Mark> marks{};
};

}  // namespace weft::detail
