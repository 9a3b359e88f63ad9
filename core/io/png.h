// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weft::detail {

// A picture of 8-bit red, green and blue, row by row from the top.
struct Pixels {
  Pixels() = default;
  Pixels(std::size_t width, std::size_t height) : columns(width), rows(height), rgb(width * height * 3) {}
  // The three values of a pixel.
  std::uint8_t* at(std::size_t x, std::size_t y) { return rgb.data() + 3 * (y * columns + x); }
  const std::uint8_t* at(std::size_t x, std::size_t y) const { return rgb.data() + 3 * (y * columns + x); }

  std::size_t columns = 0, rows = 0;
  std::vector<std::uint8_t> rgb;
};

// 8-bit values of a picture, row by row: gray, RGB, or RGB and opacity by 1, 3 or 4 channels.
struct PixelView {
  std::span<const std::uint8_t> values;
  std::size_t columns, rows, channels;
};

// The bytes of a PNG file. ValueError with `op` for a picture without pixels or beyond what libpng writes.
std::string png_bytes(const PixelView& pixels, const std::string& op);
std::string png_bytes(const Pixels& pixels, const std::string& op);

}  // namespace weft::detail
