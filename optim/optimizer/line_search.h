// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>

#include "weft/tensor.h"

namespace weft::detail {

// A point on a line: its place, the loss there, the loss's slope along the line, and its gradient.
struct Trial {
  double t = 0, loss = 0, slope = 0;
  Tensor gradient{};
};

// Limits of a line search.
struct LineSearch {
  double largest = 0;           // largest element of the direction
  double tolerance_change = 0;  // shortest bracket, in parameters
  int most = 25;                // trials
};

// A point at which the strong Wolfe conditions hold, or the best one that was found. `at` gives the trial at a length;
// a loss that is not finite is infinite there.
Trial strong_wolfe(const Trial& start, double first, const LineSearch& limits, const std::function<Trial(double)>& at);

}  // namespace weft::detail
