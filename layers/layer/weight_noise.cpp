// SPDX-License-Identifier: Apache-2.0
#include "weft/weight_noise.h"

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::detail {

double checked_deviation(double stddev) {
  if (!(stddev >= 0)) fail<ValueError>("weight_noise", "stddev is ", stddev, "; it must be 0 or more");
  return stddev;
}

}  // namespace weft::detail
