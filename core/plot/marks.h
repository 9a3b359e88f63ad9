// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <vector>

#include "core/plot/scene.h"

namespace weft::detail {

// A curve in its color; beyond the eight colors its line is dashed, then dotted.
std::vector<Polyline> curve_of(const std::vector<Point>& points, std::size_t number);

// The marker of a class in its color: a disc, beyond the eight colors a square.
Mark marker_of(Point center, double radius, std::size_t number);

// The marker in white, a little larger, which sets markers apart.
Mark halo_of(Point center, double radius, std::size_t number);

}  // namespace weft::detail
