// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/data/images/pixels.h"

// Colors of u8 images (h, w, 3). A factor of 1 changes nothing; values are rounded down, as Pillow's ImageEnhance does.
namespace weft::detail {

// From black to the image, and beyond.
Tensor brightened(const ImageView& image, double factor);
// From the image's mean gray to the image, and beyond.
Tensor contrasted(const ImageView& image, double factor);
// From gray pixels to the image, and beyond.
Tensor saturated(const ImageView& image, double factor);
// The hue moved by a part of the circle; saturation and value of HSV stay.
Tensor hue_moved(const ImageView& image, double part);
// Gray in 1 channel or 3.
Tensor grayed(const ImageView& image, std::int64_t channels);

}  // namespace weft::detail
