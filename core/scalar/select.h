// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/scalar/annotate.h"

namespace weft::math {

// `condition ? a : b` as a function, because traced values need an overload of it.
template <class T>
WEFT_HD constexpr T select(bool condition, T a, T b) {
  return condition ? a : b;
}

// a && b and a || b without a branch, which would keep a loop from becoming vector code.
WEFT_HD constexpr bool both(bool a, bool b) { return (static_cast<int>(a) & static_cast<int>(b)) != 0; }
WEFT_HD constexpr bool either(bool a, bool b) { return (static_cast<int>(a) | static_cast<int>(b)) != 0; }

}  // namespace weft::math
