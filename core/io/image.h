// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>

#include "weft/image.h"

namespace weft {

// The image in these bytes of a file called `name`.
Tensor parse_image(std::span<const unsigned char> bytes, const std::string& name, const ImageOptions& options);

}  // namespace weft
