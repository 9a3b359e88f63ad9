// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"

namespace weft::kernels {

// The rounding error of sum = a + b, exactly (Knuth's two-sum).
template <class A>
WEFT_HD inline A lost(A a, A b, A sum) {
  const A seen = sum - a;
  return (a - (sum - seen)) + (b - seen);
}

}  // namespace weft::kernels
