// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "core/io/png.h"
#include "weft/tensor.h"

namespace weft::detail {

// Sizes of images (n, h, w) or (n, h, w, channels) with 1, 3 or 4 channels: gray, RGB, or RGB and opacity on white.
struct ImageSizes {
  std::size_t count, rows, columns, channels;
};

// Errors carry `op`: ShapeError for other shapes and images without a pixel, DTypeError unless u8 or floating,
// ValueError for an undefined tensor, TraceError while tracing.
ImageSizes image_sizes(const std::string& op, const Tensor& images);

// The images, sized by image_sizes(). Floats count from 0 to 1, those beyond are taken to the nearer bound; NaN is
// vermilion.
std::vector<Pixels> pixels_of(const Tensor& images, const ImageSizes& sizes);

}  // namespace weft::detail
