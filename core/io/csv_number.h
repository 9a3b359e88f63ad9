// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace weft::detail {

// Kinds of texts that a field of a table may hold.
enum class FieldKind { kNumber, kTooLarge, kText };

// Reads a decimal number with an optional sign, or inf or nan. One too small for a double is 0 or denormal, as for
// strtod, whatever the locale; one above the largest double is kTooLarge.
FieldKind read_number(std::string_view field, double& value);

}  // namespace weft::detail
