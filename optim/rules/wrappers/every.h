// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/number.h"

namespace weft::detail {

// 1 in every `period`-th update from the first one on, t = period, 2 period, ..., else 0.
inline Number is_multiple(const Number& t, std::int64_t period) {
  const Number whole = static_cast<double>(period);
  return 1 - minimum(t - whole * floor(t / whole), 1);
}

}  // namespace weft::detail
