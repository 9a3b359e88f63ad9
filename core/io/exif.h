// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

namespace weft::detail {

// The orientation, 1 to 8, in EXIF data that begins with the byte order; 1 where there is none or the data is damaged.
// Source: Exif 2.32, 4.6.4; TIFF 6.0, section 2.
int exif_orientation(std::span<const unsigned char> tiff);

}  // namespace weft::detail
