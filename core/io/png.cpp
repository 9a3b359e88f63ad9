// SPDX-License-Identifier: Apache-2.0
#include "core/io/png.h"

#include <png.h>

#include "core/base/check.h"

namespace weft::detail {

std::string png_bytes(const PixelView& pixels, const std::string& op) {
  constexpr std::size_t kMostPerSide = 1'000'000;  // libpng's own bound, unless a program moves it
  if (pixels.columns == 0 || pixels.rows == 0 || pixels.columns > kMostPerSide || pixels.rows > kMostPerSide)
    fail<ValueError>(op, "the picture has ", pixels.columns, " x ", pixels.rows, " pixels; a PNG file has 1 to ",
                     kMostPerSide, " on a side");
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(pixels.columns);
  image.height = static_cast<png_uint_32>(pixels.rows);
  image.format = pixels.channels == 1 ? PNG_FORMAT_GRAY : pixels.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_RGBA;
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(image);
  std::string out(bytes, '\0');
  if (png_image_write_to_memory(&image, out.data(), &bytes, 0, pixels.values.data(), 0, nullptr) == 0)
    fail<ValueError>(op, "libpng cannot write ", pixels.columns, " x ", pixels.rows, " pixels: ", image.message);
  out.resize(bytes);
  return out;
}

std::string png_bytes(const Pixels& pixels, const std::string& op) {
  return png_bytes(PixelView{pixels.rgb, pixels.columns, pixels.rows, 3}, op);
}

}  // namespace weft::detail
