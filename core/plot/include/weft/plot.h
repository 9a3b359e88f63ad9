// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {
namespace plot {

// One curve of a figure: y over x. Values that are not finite leave a gap.
struct Line {
  std::string name;         // stands in the legend
  std::vector<double> y;    // values
  std::vector<double> x{};  // places; empty: 1, 2, 3, ...
};

// What stands around a figure.
struct Axes {
  std::string title{};  // above the figure
  std::string x{};      // below the horizontal axis
  std::string y{};      // beside the vertical axis
  bool log_x = false;   // logarithmic; values up to 0 are left out
  bool log_y = false;   // logarithmic; values up to 0 are left out
};

}  // namespace plot
}  // namespace weft
