// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/base/check.h"

// Domains of numbers whose names do not tell them.
namespace weft::detail {

inline void check_not_negative(const char* recipe, const char* name, double value) {
  if (!(value >= 0)) fail<ValueError>(recipe, name, " is ", value, "; it must be 0 or more");
}

inline void check_positive(const char* recipe, const char* name, double value) {
  if (!(value > 0)) fail<ValueError>(recipe, name, " is ", value, "; it must be positive");
}

// A share of what is kept.
inline void check_share(const char* recipe, const char* name, double value) {
  if (!(value >= 0 && value <= 1)) fail<ValueError>(recipe, name, " is ", value, "; it must be in [0, 1]");
}

}  // namespace weft::detail
