// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "weft/detail/export.h"
#include "weft/variable.h"

// Initial values of variables, drawn when first needed. A filter's fans follow weft's layouts, (out, in) and (out, ...,
// in): fan_in = numel / out, fan_out = numel / in. Initializers that need fans throw ShapeError below rank 2.
namespace weft WEFT_EXPORT {
namespace init {

// One value everywhere.
Init zeros();
Init constant(double value);
// N(mean, stddev^2)
Init normal(double stddev = 1.0, double mean = 0.0);
// A normal cut off `low` and `high` standard deviations from its mean.
Init truncated_normal(double stddev = 1.0, double mean = 0.0, double low = -2.0, double high = 2.0);
// U(low, high)
Init uniform(double low = 0.0, double high = 1.0);
// U(-b, b), b = gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).
Init xavier_uniform(double gain = 1.0);
// N(0, s^2), s = gain sqrt(2 / (fan_in + fan_out)).
Init xavier_normal(double gain = 1.0);
// U(-b, b), b = sqrt(6 / ((1 + a^2) fan_in)), for leaky ReLUs of slope a (He et al. 2015).
Init kaiming_uniform(double a = 0.0);
// N(0, s^2), s = sqrt(2 / ((1 + a^2) fan_in)).
Init kaiming_normal(double a = 0.0);
// gain times a matrix (first axis by the rest) with orthonormal rows or columns, whichever are fewer (Saxe et al.
// 2013).
Init orthogonal(double gain = 1.0);

}  // namespace init
}  // namespace weft
