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

// A number like 12, -0.25 or 1999.5 of at most 15 digits, the common case: a fraction of the general reader's work. The
// digits and the power of ten are exact doubles, so their quotient is rounded once (Clinger 1990).
std::optional<double> short_number(std::string_view field) {
  constexpr std::size_t kExact = 15;
  constexpr double kPowers[kExact + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                          1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const bool negative = field.starts_with('-');
  if (negative) field.remove_prefix(1);
  if (field.empty() || field.size() > kExact + 1 || !is_digit(field.front()) || !is_digit(field.back()))
    return std::nullopt;
  std::int64_t digits = 0;
  std::size_t point = field.size();  // place of the point
  for (std::size_t i = 0; i < field.size(); ++i) {
    if (is_digit(field[i])) {
      digits = 10 * digits + (field[i] - '0');
    } else if (field[i] == '.' && point == field.size()) {
      point = i;
    } else {
      return std::nullopt;
    }
  }
  if (point == field.size() && field.size() > kExact) return std::nullopt;
  const std::size_t places = point == field.size() ? 0 : field.size() - point - 1;
  const double value = static_cast<double>(digits) / kPowers[places];
  return negative ? -value : value;
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
  if (const auto number = short_number(field)) {
    value = *number;
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
