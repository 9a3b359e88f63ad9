// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/data/images/pixels.h"
#include "weft/image_transforms.h"

namespace weft::detail {

// A rectangle of pixels.
struct Box {
  std::int64_t top = 0, left = 0;
  data::ImageSize size{};
};

// The part of an image in a box, zeros where the box lies outside.
Tensor cropped(const ImageView& image, const Box& box);
// The part of an image in a box within it, resized: the bits of Pillow's Image.crop(box).resize(size, BILINEAR). u8.
Tensor resized(const char* op, const ImageView& image, const Box& box, data::ImageSize size);
Tensor flipped(const ImageView& image, bool horizontal, bool vertical);
// Counterclockwise around the middle; zeros outside. u8.
Tensor rotated(const ImageView& image, double degrees);
// The image with `pixel`, of its type, in a box within it.
Tensor filled(const ImageView& image, const Box& box, const std::byte* pixel);

}  // namespace weft::detail
