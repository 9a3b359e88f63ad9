// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/check.h"

namespace weft::ir {

// Reads a text token by token; errors are FormatError with line and column.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // The next character that is not white space, without taking it; '\0' at the end.
  char peek();
  // Takes `token` if it comes next.
  bool take(std::string_view token);
  // Takes `token` or throws.
  void expect(std::string_view token);
  // Letters, digits, dots and underscores; throws when there are none. `what` names the thing in the error.
  std::string_view word(const char* what);
  // A quoted text, unescaped.
  std::string quoted();
  // A word or a quoted text.
  std::string name(const char* what);
  // A whole number that fits 64 bits.
  std::int64_t integer();
  // The characters of an integer or a floating-point number: 12, -1.5e-7, -inf.
  std::string_view number();

  // Moves the place that errors point at to the next token.
  void mark();
  template <class... Args>
  [[noreturn]] void fail(const Args&... args) const {
    std::size_t line = 1, column = 1;
    for (const char c : text_.substr(0, mark_)) {
      column = c == '\n' ? 1 : column + 1;
      line += c == '\n';
    }
    throw FormatError(cat("graph text, line ", line, ", column ", column, ": ", args...));
  }

 private:
  void skip_space();
  std::string_view take_of(std::string_view allowed);
  int hex_digit();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t mark_ = 0;
};

}  // namespace weft::ir
