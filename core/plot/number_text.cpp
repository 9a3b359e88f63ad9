// SPDX-License-Identifier: Apache-2.0
#include "core/plot/number_text.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdlib>

namespace weft::detail {

std::string fixed_text(double value, int digits) {
  std::array<char, 512> buffer{};  // holds the largest double
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, digits);
  std::string text(buffer.data(), end.ptr);
  if (text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text == "-0" ? "0" : text;
}

std::string decimal_text(std::int64_t mantissa, int exponent) {
  if (mantissa == 0) return "0";
  while (mantissa % 10 == 0) mantissa /= 10, ++exponent;
  const std::string sign = mantissa < 0 ? "-" : "";
  std::string digits = std::to_string(std::abs(mantissa));
  const int power = static_cast<int>(digits.size()) - 1 + exponent;  // of the first digit
  if (power >= 6 || power < -4) {
    if (digits.size() > 1) digits.insert(digits.begin() + 1, '.');
    return sign + digits + "e" + std::to_string(power);
  }
  if (exponent > 0) digits.append(static_cast<std::size_t>(exponent), '0');
  if (power < 0) digits.insert(0, static_cast<std::size_t>(-power), '0');
  if (exponent < 0) digits.insert(digits.size() - static_cast<std::size_t>(-exponent), 1, '.');
  return sign + digits;
}

}  // namespace weft::detail
