// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/plot/scene.h"

namespace weft::detail {

// The lines that a text is drawn with, from (0, 0) on its baseline to the right; y points down. A line of two equal
// points is a dot. Letters other than ASCII are drawn as boxes.
std::vector<std::vector<Point>> strokes_of(std::string_view text, double size);

// Width of the pen for text of this size.
double pen_of(double size);

// Length of a text along its baseline.
double width_of(std::string_view text, double size);

// The text, or as many of its first letters as leave room for "..." within the width.
std::string shortened(std::string_view text, double size, double width);

}  // namespace weft::detail
