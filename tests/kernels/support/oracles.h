// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/kernels/support/harness.h"

// Oracles that several families use.
namespace weft::testing {

// The product of inputs 0 and 1, of shape `out`, by the definition.
Oracle matmul_oracle(Shape out, bool trans_a, bool trans_b);

}  // namespace weft::testing
