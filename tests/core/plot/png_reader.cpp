// SPDX-License-Identifier: Apache-2.0
#include "tests/core/plot/png_reader.h"

#include <gtest/gtest.h>
#include <png.h>

namespace weft::testing {

Rgb Picture::at(std::size_t x, std::size_t y) const {
  const unsigned char* pixel = rgb.data() + 3 * (y * width + x);
  return {pixel[0], pixel[1], pixel[2]};
}

std::size_t Picture::count(Rgb color) const {
  std::size_t found = 0;
  for (std::size_t y = 0; y < height; ++y)
    for (std::size_t x = 0; x < width; ++x) found += at(x, y) == color;
  return found;
}

Picture read_png(const std::filesystem::path& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&image, path.c_str()) == 0) {
    ADD_FAILURE() << path << ": " << image.message;
    return {};
  }
  image.format = PNG_FORMAT_RGB;
  Picture out{image.width, image.height};
  out.rgb.resize(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, out.rgb.data(), 0, nullptr) == 0)
    ADD_FAILURE() << path << ": " << image.message;
  return out;
}

}  // namespace weft::testing
