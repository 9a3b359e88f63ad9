// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"

namespace weft::math {

// `condition ? a : b` as a function, because traced values need an overload of it.
template <class T>
WEFT_HD constexpr T select(bool condition, T a, T b) {
  return condition ? a : b;
}

}  // namespace weft::math
