// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "weft/fn.h"

namespace weft::testing {

// Oracle of an elementwise function, not made of Formula<fn>.
struct FunctionRow {
  Fn fn;
  double lo, hi;  // range of all arguments; includes the difficult region, leaves out poles
  double (*oracle)(const double* x);
  double tolerance = 0;
  const char* reason = "";
};

// One row per function.
const std::vector<FunctionRow>& function_rows();

}  // namespace weft::testing
