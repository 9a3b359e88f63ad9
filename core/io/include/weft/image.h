// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {

// Settings of read_image().
struct ImageOptions {
  int channels = 3;                       // 1: gray, 3: RGB, 4: RGB and opacity
  std::int64_t max_pixels = 100'000'000;  // height times width; more are refused before memory is asked for
};

// Reads a PNG or JPEG file, whichever its content is, to the host: u8 (height, width, channels). PNG of any color type
// and depth, of 16 bits the upper 8; JPEG gray, YCbCr, RGB, CMYK and YCCK. EXIF's orientation is applied. Gray is
// (19595 R + 38470 G + 7471 B) / 65536, rounded; opacity is 255 where the file has none, and dropped for 1 and 3
// channels. FormatError with the file for one that is cut off, damaged, too large or of another format. ValueError for
// other numbers of channels, and unless max_pixels is positive.
[[nodiscard]] Tensor read_image(const std::filesystem::path& path, const ImageOptions& options = {});

// Writes an image (h, w), (h, w, 1), (h, w, 3) or (h, w, 4) as PNG of 8 bits; the file is replaced as replace_file()
// does. u8 as it is; floats count from 0 to 1, those beyond are taken to the nearer bound. ValueError for NaN, for a
// path with another extension than .png, and above 1,000,000 pixels on a side; ShapeError and DTypeError for other
// tensors.
void write_image(const std::filesystem::path& path, const Tensor& image);

}  // namespace weft
