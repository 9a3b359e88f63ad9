// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "optim/optimizer/slot.h"
#include "weft/optimizer.h"
#include "weft/tensor.h"

namespace weft::detail {

// ValueError for a limit that is negative or NaN.
void check_limits(const UpdateOptions& options);
// Gradients by slot within the limits of the options. `norm`: of all of them together, f64().
void clip(const UpdateOptions& options, const std::vector<Slot>& slots, const Tensor& norm,
          std::vector<SlotGradient>& gradients);

}  // namespace weft::detail
