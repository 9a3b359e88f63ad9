// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"

namespace weft::math {

// A choice as a function, so that numbers that record what is computed can have one of their own.
template <class T>
WEFT_HD constexpr T select(bool condition, T a, T b) {
  return condition ? a : b;
}

}  // namespace weft::math
