// SPDX-License-Identifier: Apache-2.0
#include "core/io/csv_number.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <system_error>

namespace weft::detail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A whole number of at most 15 digits, the common case: a tenth of the general reader's work, exact because a double
// holds 15 digits.
std::optional<double> whole_number(std::string_view field) {
  constexpr std::size_t kExact = 15;
  if (field.empty() || field.size() > kExact) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : field) {
    if (!is_digit(c)) return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return static_cast<double>(value);
}

// The exponent of "e-400", kept within bounds that no text of digits makes up for.
std::int64_t exponent_of(std::string_view text) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  if (text.empty()) return 0;
  text.remove_prefix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [stop, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool negative = text.starts_with('-');
  if (status == std::errc::result_out_of_range || value > kMost || value < -kMost) return negative ? -kMost : kMost;
  return value;
}

// True for a decimal number below 1: 0.00012 and 12e-5 have their first digit behind the point.
bool is_small(std::string_view digits) {
  std::int64_t place = 0;  // place of the first digit that is not 0, counted from the point to the left
  bool found = false, behind_point = false;
  std::size_t i = 0;
  for (; i < digits.size() && (digits[i] == '.' || is_digit(digits[i])); ++i) {
    if (digits[i] == '.') {
      behind_point = true;
    } else if (!found && digits[i] == '0') {
      place -= behind_point ? 1 : 0;
    } else {
      found = true;
      place += behind_point ? 0 : 1;
    }
  }
  return place + exponent_of(digits.substr(i)) <= 0;
}

}  // namespace

FieldKind read_number(std::string_view field, double& value) {
  if (const auto whole = whole_number(field)) {
    value = *whole;
    return FieldKind::kNumber;
  }
  const bool negative = field.starts_with('-');
  const bool has_sign = negative || field.starts_with('+');
  std::string_view size = field.substr(has_sign ? 1 : 0);
  if (size.starts_with('-')) return FieldKind::kText;  // from_chars would take a second sign
  const auto [stop, status] = std::from_chars(size.data(), size.data() + size.size(), value);
  if (status == std::errc::invalid_argument || stop != size.data() + size.size()) return FieldKind::kText;
  if (status == std::errc::result_out_of_range) {
    if (!is_small(size)) return FieldKind::kTooLarge;
    value = 0;
  }
  if (negative) value = -value;
  return FieldKind::kNumber;
}

}  // namespace weft::detail
