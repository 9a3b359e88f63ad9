// SPDX-License-Identifier: Apache-2.0
#include "core/array/decimal.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/scalar/half.h"

namespace weft {

namespace {

// The text of printf, because its rounding is correct at any length.
template <class... Args>
std::string printed(const char* format, Args... args) {
  std::string text(static_cast<std::size_t>(std::snprintf(nullptr, 0, format, args...)), '\0');
  std::snprintf(text.data(), text.size() + 1, format, args...);
  return text;
}

// A Decimal from a text such as "-1.25e-05".
Decimal parsed(const std::string& text) {
  Decimal decimal;
  const auto e = text.find('e');
  for (const char c : text.substr(0, e)) {
    if (c == '-') decimal.negative = true;
    if (c >= '0' && c <= '9') decimal.digits += c;
  }
  decimal.exponent = std::atoi(text.c_str() + e + 1);
  while (decimal.digits.size() > 1 && decimal.digits.back() == '0') decimal.digits.pop_back();
  return decimal;
}

template <class Float>
Decimal shortest_builtin(Float value) {
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific);
  return parsed(std::string(text.data(), end));
}

template <class Half>
bool reads_back(const std::string& text, double value) {
  const Half read(static_cast<float>(std::strtod(text.c_str(), nullptr)));
  return static_cast<double>(static_cast<float>(read)) == value;
}

// The C++ library knows no 16-bit types: try lengths until one reads back. Numbers below a power of two lie closer than
// those above. There the next decimal upwards may read back when the nearest does not.
template <class Half>
Decimal shortest_half(double value) {
  for (int after_point = 0;; ++after_point) {
    const std::string nearest = printed("%.*e", after_point, value);
    if (reads_back<Half>(nearest, value)) return parsed(nearest);
    const double unit = std::pow(10.0, parsed(nearest).exponent - after_point);
    const std::string outwards = printed("%.*e", after_point, value + std::copysign(unit / 2, value));
    if (reads_back<Half>(outwards, value)) return parsed(outwards);
  }
}

Decimal shortest(double value, DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return shortest_builtin(static_cast<float>(value));
    case DType::kBF16:
      return shortest_half<bf16>(value);
    case DType::kF16:
      return shortest_half<f16>(value);
    default:
      return shortest_builtin(value);
  }
}

}  // namespace

Decimal rounded_to_digits(double value, DType dtype, int most) {
  Decimal decimal = shortest(value, dtype);
  if (static_cast<int>(decimal.digits.size()) <= most) return decimal;
  return parsed(printed("%.*e", most - 1, value));
}

std::string positional(double value, DType dtype, int precision) {
  const Decimal decimal = shortest(value, dtype);
  const int digits = static_cast<int>(decimal.digits.size());
  if (digits - 1 - decimal.exponent > precision) {
    std::string text = printed("%.*f", precision, value);
    while (text.back() == '0') text.pop_back();
    return text;
  }
  std::string text = decimal.digits;
  if (decimal.exponent < 0) {
    text.insert(0, static_cast<std::size_t>(-decimal.exponent), '0');
    text.insert(1, 1, '.');
  } else {
    const auto before_point = static_cast<std::size_t>(decimal.exponent) + 1;
    if (text.size() < before_point) text.append(before_point - text.size(), '0');
    text.insert(before_point, 1, '.');
  }
  if (decimal.negative) text.insert(text.begin(), '-');
  return text;
}

std::string with_exponent(double value, DType dtype, int precision, int exponent_digits) {
  Decimal decimal = shortest(value, dtype);
  const auto wanted = static_cast<std::size_t>(precision) + 1;
  if (decimal.digits.size() != wanted) {
    decimal = parsed(printed("%.*e", precision, value));
    decimal.digits.append(wanted - decimal.digits.size(), '0');
  }
  std::string text;
  if (decimal.negative) text += '-';
  text.append(decimal.digits, 0, 1);
  text += '.';
  text.append(decimal.digits, 1);
  text += decimal.exponent < 0 ? "e-" : "e+";
  text += printed("%0*d", exponent_digits, std::abs(decimal.exponent));
  return text;
}

}  // namespace weft
