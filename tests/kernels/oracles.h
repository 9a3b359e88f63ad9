// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/kernels/harness.h"

// Oracles that several families use.
namespace weft::testing {

// The product of inputs 0 and 1, of shape `out`, by the definition.
Oracle matmul_oracle(Shape out, bool trans_a, bool trans_b);
// Batch norm in training of x, weight and bias: y, mean, variance, rstd.
Oracle batch_norm_oracle(double eps);

}  // namespace weft::testing
