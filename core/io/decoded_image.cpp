// SPDX-License-Identifier: Apache-2.0
#include "core/io/decoded_image.h"

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::detail {

void EncodedImage::fail(const std::string& message) const { fail_at<FormatError>("read_image", name, message); }

void EncodedImage::check_size(std::size_t width, std::size_t height) const {
  if (width == 0 || height == 0) fail(cat("it has ", height, " x ", width, " pixels; an image must have one"));
  if (height > static_cast<std::size_t>(max_pixels) / width)
    fail(cat("it has ", height, " x ", width, " pixels; max_pixels is ", max_pixels));
}

}  // namespace weft::detail
