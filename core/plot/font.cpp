// SPDX-License-Identifier: Apache-2.0
#include "core/plot/font.h"

#include <array>
#include <charconv>
#include <cstddef>

namespace weft::detail {
namespace {

constexpr double kEm = 20;        // units of the glyphs below per text size
constexpr double kBearing = 3.6;  // units between letters

struct Glyph {
  double width;
  std::string_view path;
};

// The letters from ' ' to '~', of our own making. Points "x,y" of a path are joined by lines, ";" lifts the pen, and
// "~x,y" is the control point of a parabola between its neighbors. The baseline is y = 0, capitals are 14 high.
constexpr std::array<Glyph, 95> kGlyphs{{
    {2.5, ""},
    {0, "0,14 0,4; 0,0 0,0"},
    {3, "0,14 0,10; 3,14 3,10"},
    {10, "2.5,0 4.5,14; 6,0 8,14; 0,4.5 9.3,4.5; 0.7,9.5 10,9.5"},
    {8, "7.6,10.3 ~7.6,13 4,13 ~0.4,13 0.4,10 ~0.4,7.6 4,7 ~8,6.4 8,3.8 ~8,1 4,1 ~0,1 0,3.7; 4,15 4,-1"},
    {13, "3,14 ~0,14 0,11 ~0,8 3,8 ~6,8 6,11 ~6,14 3,14; 10,6 ~7,6 7,3 ~7,0 10,0 ~13,0 13,3 ~13,6 10,6; 11,14 2,0"},
    {10, "10,0 2.3,9.6 ~1,11.6 1.9,12.9 ~2.8,14 4.5,14 ~7,14 7,11.5 ~7,9.4 4,8 ~0,6.2 0,3.5 ~0,0 4,0 ~7.8,0 9.2,6"},
    {0, "0,14 0,10"},
    {3, "3,16 ~0,12 0,6.5 ~0,1 3,-3"},
    {3, "0,16 ~3,12 3,6.5 ~3,1 0,-3"},
    {6, "3,14 3,8; 0,12.5 6,9.5; 6,12.5 0,9.5"},
    {8, "4,1.5 4,9.5; 0,5.5 8,5.5"},
    {1, "0.8,0.3 0,-2.5"},
    {5, "0,5.5 5,5.5"},
    {0, "0,0 0,0"},
    {5, "5,15 0,-1"},
    {8, "4,14 ~0,14 0,7 ~0,0 4,0 ~8,0 8,7 ~8,14 4,14"},
    {8, "1,11 ~4,11.5 4.5,14 4.5,0"},
    {8, "0.3,10 ~0.3,14 4,14 ~7.7,14 7.7,10.5 ~7.7,8 4,5 ~0.5,2.3 0,0 8,0"},
    {8, "0.3,11 ~0.8,14 4,14 ~7.4,14 7.4,10.7 ~7.4,7.5 3,7.5; 3,7.5 ~8,7.5 8,3.8 ~8,0 4,0 ~0.3,0 0,3.3"},
    {8, "6,0 6,14 0,4 8.3,4"},
    {8, "7.3,14 1.2,14 0.5,7.2 ~2,8.8 4.2,8.8 ~8,8.8 8,4.4 ~8,0 4,0 ~0.5,0 0,3"},
    {8, "7.6,11.3 ~7,14 4.3,14 ~0,14 0,6.4 ~0,0 4,0 ~8,0 8,4.4 ~8,8.6 4.3,8.6 ~1,8.6 0.1,5.5"},
    {8, "0,14 8,14 ~3.5,8 2.8,0"},
    {8,
     "4,14 ~0.5,14 0.5,10.9 ~0.5,7.7 4,7.7 ~7.5,7.7 7.5,10.9 ~7.5,14 4,14; 4,7.7 ~0,7.7 0,3.9 ~0,0 4,0 ~8,0 8,3.9 "
     "~8,7.7 4,7.7"},
    {8, "0.4,2.7 ~1,0 3.7,0 ~8,0 8,7.6 ~8,14 4,14 ~0,14 0,9.6 ~0,5.4 3.7,5.4 ~7,5.4 7.9,8.5"},
    {0, "0,9 0,9; 0,0 0,0"},
    {1, "0.8,9 0.8,9; 0.8,0.3 0,-2.5"},
    {8, "8,10 0,5.5 8,1"},
    {8, "0,7.5 8,7.5; 0,3.5 8,3.5"},
    {8, "0,10 8,5.5 0,1"},
    {7, "0,11 ~0.3,14 3.5,14 ~7,14 7,11 ~7,9 5,7.7 ~3.5,6.5 3.5,4; 3.5,0 3.5,0"},
    {15,
     "10.7,8.3 ~10.2,10.5 8,10.5 ~4.5,10.5 4.5,6.5 ~4.5,3 7.3,3 ~10,3 10.5,6.5; 11.1,10.5 10.4,5 ~10.2,3 11.8,3 "
     "~15,3.2 15,7.5 ~15,14 8,14 ~0,14 0,6 ~0,-2.5 8,-2.5 ~11,-2.5 12.5,-1.5"},
    {11, "0,0 5.5,14 11,0; 1.8,4.7 9.2,4.7"},
    {9, "0,0 0,14 5,14 ~8.3,14 8.3,10.8 ~8.3,7.6 5,7.6 0,7.6; 5,7.6 ~9,7.6 9,3.8 ~9,0 5,0 0,0"},
    {10, "10,10 ~9,14 5.3,14 ~0,14 0,7 ~0,0 5.3,0 ~9,0 10,4"},
    {10, "0,0 0,14 4,14 ~10,14 10,7 ~10,0 4,0 0,0"},
    {8, "8,0 0,0 0,14 8,14; 0,7.5 7,7.5"},
    {8, "0,0 0,14 8,14; 0,7.5 6.5,7.5"},
    {11, "10.5,10.3 ~9.3,14 5.5,14 ~0,14 0,7 ~0,0 5.5,0 ~10.5,0 11,4 11,6.5 6.5,6.5"},
    {9, "0,0 0,14; 9,0 9,14; 0,7.5 9,7.5"},
    {0, "0,0 0,14"},
    {6, "6,14 6,4 ~6,0 3,0 ~0,0 0,4"},
    {9, "0,0 0,14; 9,14 0,5; 3.3,8.3 9.3,0"},
    {7, "0,14 0,0 7,0"},
    {11, "0,0 0,14 5.5,2 11,14 11,0"},
    {9, "0,0 0,14 9,0 9,14"},
    {11, "5.5,14 ~0,14 0,7 ~0,0 5.5,0 ~11,0 11,7 ~11,14 5.5,14"},
    {8.5, "0,0 0,14 4.5,14 ~8.5,14 8.5,10.3 ~8.5,6.5 4.5,6.5 0,6.5"},
    {11, "5.5,14 ~0,14 0,7 ~0,0 5.5,0 ~11,0 11,7 ~11,14 5.5,14; 7,3.5 11,-0.7"},
    {9, "0,0 0,14 5,14 ~8.7,14 8.7,10.5 ~8.7,7 5,7 0,7; 5,7 9,0"},
    {9, "8.5,10.5 ~8,14 4.5,14 ~0.4,14 0.4,10.6 ~0.4,8 4.5,7.2 ~9,6.4 9,3.7 ~9,0 4.5,0 ~0.4,0 0,4"},
    {10, "0,14 10,14; 5,14 5,0"},
    {9, "0,14 0,5 ~0,0 4.5,0 ~9,0 9,5 9,14"},
    {10, "0,14 5,0 10,14"},
    {15, "0,14 3.7,0 7.5,14 11.3,0 15,14"},
    {9, "0,14 9,0; 9,14 0,0"},
    {10, "0,14 5,6.5 10,14; 5,6.5 5,0"},
    {9, "0,14 9,14 0,0 9,0"},
    {3, "3,16 0,16 0,-3 3,-3"},
    {5, "0,15 5,-1"},
    {3, "0,16 3,16 3,-3 0,-3"},
    {7, "0,8 3.5,14 7,8"},
    {8, "0,-3 8,-3"},
    {3, "0,14 2.5,11.5"},
    {7.5, "7.5,10 7.5,0; 7.5,5 ~7.5,10 3.8,10 ~0,10 0,5 ~0,0 3.8,0 ~7.5,0 7.5,5"},
    {7.6, "0,14 0,0; 0,5 ~0,10 3.8,10 ~7.6,10 7.6,5 ~7.6,0 3.8,0 ~0,0 0,5"},
    {7, "7,7.5 ~6.5,10 3.8,10 ~0,10 0,5 ~0,0 3.8,0 ~6.5,0 7,2.5"},
    {7.6, "7.6,14 7.6,0; 7.6,5 ~7.6,10 3.8,10 ~0,10 0,5 ~0,0 3.8,0 ~7.6,0 7.6,5"},
    {7.7, "0,5.3 7.7,5.3 ~7.7,10 3.9,10 ~0,10 0,5 ~0,0 4,0 ~6.8,0 7.5,2.7"},
    {4.5, "4.8,13.9 ~2,14.5 2,11 2,0; 0,10 4.5,10"},
    {7.5, "7.5,10 7.5,-0.5 ~7.5,-4 3.8,-4 ~0.8,-4 0.3,-2; 7.5,5 ~7.5,10 3.8,10 ~0,10 0,5 ~0,0 3.8,0 ~7.5,0 7.5,5"},
    {7, "0,14 0,0; 0,5.5 ~0.3,10 4,10 ~7,10 7,6.5 7,0"},
    {0, "0,10 0,0; 0,13.7 0,13.7"},
    {1.5, "1.5,10 1.5,-2 ~1.5,-4 -0.7,-4; 1.5,13.7 1.5,13.7"},
    {7, "0,14 0,0; 6.5,10 0,3.5; 2.6,6 7,0"},
    {0, "0,14 0,0"},
    {12, "0,10 0,0; 0,6 ~0.3,10 3.3,10 ~6,10 6,6.5 6,0; 6,6 ~6.3,10 9.3,10 ~12,10 12,6.5 12,0"},
    {7, "0,10 0,0; 0,5.5 ~0.3,10 4,10 ~7,10 7,6.5 7,0"},
    {7.8, "3.9,10 ~0,10 0,5 ~0,0 3.9,0 ~7.8,0 7.8,5 ~7.8,10 3.9,10"},
    {7.6, "0,10 0,-4; 0,5 ~0,10 3.8,10 ~7.6,10 7.6,5 ~7.6,0 3.8,0 ~0,0 0,5"},
    {7.6, "7.6,10 7.6,-4; 7.6,5 ~7.6,10 3.8,10 ~0,10 0,5 ~0,0 3.8,0 ~7.6,0 7.6,5"},
    {4, "0,10 0,0; 0,5.5 ~0.4,10 4,10"},
    {6.6, "6.2,7.6 ~5.8,10 3.3,10 ~0.3,10 0.3,7.6 ~0.3,5.7 3.3,5.2 ~6.6,4.6 6.6,2.6 ~6.6,0 3.3,0 ~0.4,0 0,2.6"},
    {4.5, "2,13 2,2.5 ~2,-0.1 4.6,0.1; 0,10 4.5,10"},
    {7, "0,10 0,3.5 ~0,0 3.2,0 ~7,0 7,4.5; 7,10 7,0"},
    {7, "0,10 3.5,0 7,10"},
    {11, "0,10 2.8,0 5.5,10 8.2,0 11,10"},
    {7, "0,10 7,0; 7,10 0,0"},
    {7, "0,10 3.6,0; 7,10 3,-2 ~2.3,-4 0.5,-4"},
    {6.5, "0,10 6.5,10 0,0 6.5,0"},
    {4, "4,16 ~1.5,16 1.5,13.5 1.5,9 ~1.5,6.5 0,6.5 ~1.5,6.5 1.5,4 1.5,-0.5 ~1.5,-3 4,-3"},
    {0, "0,16 0,-3"},
    {4, "0,16 ~2.5,16 2.5,13.5 2.5,9 ~2.5,6.5 4,6.5 ~2.5,6.5 2.5,4 2.5,-0.5 ~2.5,-3 0,-3"},
    {8, "0,4.3 ~0.5,7 2.3,7 ~3.2,7 4,5.6 ~4.8,4.2 5.7,4.2 ~7.5,4.2 8,6.9"},
}};
constexpr Glyph kBox{8, "0,0 8,0 8,14 0,14 0,0"};

// Calls f(glyph) for every letter; the bytes behind the first one of a UTF-8 letter are passed over.
template <class F>
void each_glyph(std::string_view text, F f) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;
    f(byte >= ' ' && byte <= '~' ? kGlyphs[byte - std::size_t{' '}] : kBox);
  }
}

double read_number(const char*& from, const char* end) {
  double value = 0;
  from = std::from_chars(from, end, value).ptr;
  return value;
}

// Reads the path of a glyph; `place` takes its units to the figure's.
template <class Place>
void add_strokes(std::string_view path, Place place, std::vector<std::vector<Point>>& strokes) {
  constexpr int kPieces = 6;  // lines per parabola
  const char* from = path.data();
  const char* const end = from + path.size();
  std::vector<Point> stroke;
  Point last, control;
  bool bent = false;
  while (from != end) {
    if (*from == ';') {
      strokes.push_back(std::move(stroke));
      stroke.clear();
      ++from;
    } else if (*from == ' ') {
      ++from;
    } else {
      const bool is_control = *from == '~';
      if (is_control) ++from;
      Point p;
      p.x = read_number(from, end);
      ++from;  // the comma
      p.y = read_number(from, end);
      if (is_control) {
        control = p;
      } else {
        for (int i = 1; bent && i < kPieces; ++i) {
          const double t = static_cast<double>(i) / kPieces, a = (1 - t) * (1 - t), b = 2 * t * (1 - t), c = t * t;
          stroke.push_back(place({a * last.x + b * control.x + c * p.x, a * last.y + b * control.y + c * p.y}));
        }
        stroke.push_back(place(p));
        last = p;
      }
      bent = is_control;
    }
  }
  if (!stroke.empty()) strokes.push_back(std::move(stroke));
}

}  // namespace

std::vector<std::vector<Point>> strokes_of(std::string_view text, double size) {
  const double unit = size / kEm;
  double x = kBearing / 2;
  std::vector<std::vector<Point>> strokes;
  each_glyph(text, [&](const Glyph& glyph) {
    add_strokes(
        glyph.path,
        [&](Point p) {
          return Point{(x + p.x) * unit, -p.y * unit};
        },
        strokes);
    x += glyph.width + kBearing;
  });
  return strokes;
}

double pen_of(double size) { return 1.8 * size / kEm; }

double width_of(std::string_view text, double size) {
  double width = 0;
  each_glyph(text, [&](const Glyph& glyph) { width += glyph.width + kBearing; });
  return width * size / kEm;
}

std::string shortened(std::string_view text, double size, double width) {
  if (width_of(text, size) <= width) return std::string(text);
  const std::string_view dots = "...";
  const double room = width - width_of(dots, size);
  std::size_t fitting = 0;
  for (std::size_t end = 1; end <= text.size(); ++end) {
    const bool whole = end == text.size() || (static_cast<unsigned char>(text[end]) & 0xc0) != 0x80;
    if (whole && width_of(text.substr(0, end), size) > room) break;
    if (whole) fitting = end;
  }
  return std::string(text.substr(0, fitting)) + std::string(dots);
}

}  // namespace weft::detail
