// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "tests/core/plot/png_reader.h"
#include "tests/core/plot/svg_reader.h"
#include "tests/support/files.h"
#include "weft/tensor.h"

// Figures as tests see them: written to a file and read again.
namespace weft::testing {

inline constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr Rgb kBlue{0, 114, 178}, kVermilion{213, 94, 0}, kWhite{255, 255, 255};

using Write = std::function<void(const std::filesystem::path&)>;

// The elements of the SVG file that `write` writes.
inline std::vector<SvgElement> svg_of(const Write& write) {
  const TemporaryDirectory directory;
  write(directory / "figure.svg");
  return read_svg(read_file(directory / "figure.svg"));
}

inline Picture png_of(const Write& write) {
  const TemporaryDirectory directory;
  write(directory / "figure.png");
  return read_png(directory / "figure.png");
}

inline std::vector<SvgElement> filled(const std::vector<SvgElement>& elements, const std::string& name,
                                      const std::string& color) {
  std::vector<SvgElement> out = named(elements, name);
  std::erase_if(out, [&](const SvgElement& e) { return e.attributes.at("fill") != color; });
  return out;
}

inline std::vector<SvgElement> curves(const std::vector<SvgElement>& elements, const std::string& color) {
  std::vector<SvgElement> out = named(elements, "polyline");
  std::erase_if(out, [&](const SvgElement& e) { return e.attributes.at("stroke") != color; });
  return out;
}

inline std::size_t points_in(const SvgElement& polyline) {
  const std::string& points = polyline.attributes.at("points");
  return static_cast<std::size_t>(std::count(points.begin(), points.end(), ','));
}

inline Tensor labels(const std::vector<std::int64_t>& values) { return Tensor::of(values, {std::ssize(values)}); }

}  // namespace weft::testing
