// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace weft::detail {

// A file's bytes in front of a decoder. Errors name `name`.
struct EncodedImage {
  std::span<const unsigned char> bytes;
  const std::string& name;
  std::int64_t max_pixels;

  // FormatError above max_pixels, and for an image without a pixel.
  void check_size(std::size_t width, std::size_t height) const;
  [[noreturn]] void fail(const std::string& message) const;
};

// A decoded image: 8-bit values, row by row from the top.
struct DecodedImage {
  std::size_t width = 0, height = 0;
  std::size_t channels = 0;  // 1: gray, 2: gray and opacity, 3: RGB, 4: RGB and opacity
  int orientation = 1;       // EXIF's, not applied yet
  std::shared_ptr<std::byte> pixels{};
};

DecodedImage decode_png(const EncodedImage& image);
DecodedImage decode_jpeg(const EncodedImage& image);

}  // namespace weft::detail
