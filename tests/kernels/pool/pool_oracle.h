// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

#include "core/ir/graph.h"
#include "tests/kernels/support/coords.h"

// Windows by their definition: an image with its padding, from which each window is cut.
namespace weft::testing {

struct WindowSetup {
  ir::Ints window, stride, padding_low, padding_high, dilation;
};

ir::Attributes attributes_of(const WindowSetup& setup);
// attributes_of() with the sizes of the image x.
ir::Attributes attributes_to(const Shape& x, const WindowSetup& setup);
// The shape of the windows over x.
Shape windows_of(const Shape& x, const WindowSetup& setup);

// Calls visit(window, position, element, inside) for every position of every window: coordinates of the window,
// number of the position, coordinates in x, false if those lie in padding.
void for_each_in_windows(const Shape& x, const WindowSetup& setup,
                         const std::function<void(const Coords&, std::int64_t, const Coords&, bool)>& visit);

// Setups that cover one to three axes, overlaps, gaps, padding on both sides, and dilations.
struct NamedSetup {
  std::string name;
  Shape x;
  WindowSetup setup;
};
std::vector<NamedSetup> window_setups();

}  // namespace weft::testing
