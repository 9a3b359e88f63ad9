// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>

#include "weft/elementwise.h"
#include "weft/gradients.h"

namespace weft::detail {

// Square root of the mean of squares, f64().
inline Tensor rms(const Tensor& x) { return norm_of({x}) / std::sqrt(static_cast<double>(x.numel())); }

}  // namespace weft::detail
