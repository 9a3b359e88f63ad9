// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "tests/kernels/elementwise/pointwise_regions.h"

namespace weft::testing {

// The updates of optimizers as they are traced and fused, for a number of parameters that fills no vector.
const std::vector<Region>& update_regions();

}  // namespace weft::testing
