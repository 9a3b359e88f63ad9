// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "weft/plot.h"

namespace weft::detail {

// The figure of plot::lines() as an <svg> element for a page; the same errors.
std::string lines_svg(const std::vector<plot::Line>& lines, const plot::Axes& axes);

}  // namespace weft::detail
