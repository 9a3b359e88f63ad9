// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

namespace weft::detail {

// The number rounded to so many digits behind the point, without zeros at the end: "2.5", "-3". The locale has no say.
std::string fixed_text(double value, int digits);

// mantissa * 10^exponent without rounding: "0.25" or, where many zeros would stand, "2.5e-7".
std::string decimal_text(std::int64_t mantissa, int exponent);

}  // namespace weft::detail
