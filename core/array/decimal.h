// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "weft/dtype.h"

// Floating-point numbers as decimal digits. `value` holds a finite number of the type `dtype` exactly.
namespace weft {

// digits[0].digits[1]... * 10^exponent
struct Decimal {
  bool negative = false;
  std::string digits;  // at least one; no zeros at the end
  int exponent = 0;
};

// The shortest digits that read back as the same number of its type; correctly rounded to `most` digits if they are
// more.
Decimal rounded_to_digits(double value, DType dtype, int most);
// "-1.25", "3." with at most `precision` digits after the point and no zeros at the end.
std::string positional(double value, DType dtype, int precision);
// "1.250e-05" with exactly `precision` digits after the point and at least so many in the exponent.
std::string with_exponent(double value, DType dtype, int precision, int exponent_digits);

}  // namespace weft
