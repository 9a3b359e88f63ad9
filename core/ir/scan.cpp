// SPDX-License-Identifier: Apache-2.0
#include "core/ir/scan.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace weft::ir {
namespace {

constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
constexpr std::string_view kNumber = "0123456789.+-einf";  // -1.5e-7, -inf

}  // namespace

void Scanner::skip_space() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
}

void Scanner::mark() {
  skip_space();
  mark_ = at_;
}

char Scanner::peek() {
  mark();
  return at_ < text_.size() ? text_[at_] : '\0';
}

bool Scanner::take(std::string_view token) {
  mark();
  if (text_.substr(at_, token.size()) != token) return false;
  // "inputs" is not "input".
  const std::size_t end = at_ + token.size();
  const bool is_word = token.back() >= 'a' && token.back() <= 'z';
  if (is_word && end < text_.size() && kWord.find(text_[end]) != std::string_view::npos) return false;
  at_ = end;
  return true;
}

void Scanner::expect(std::string_view token) {
  if (!take(token)) fail("expected '", token, "'");
}

std::string_view Scanner::take_of(std::string_view allowed) {
  mark();
  const std::size_t end = std::min(text_.find_first_not_of(allowed, at_), text_.size());
  const std::string_view taken = text_.substr(at_, end - at_);
  at_ = end;
  return taken;
}

std::string_view Scanner::word(const char* what) {
  const std::string_view taken = take_of(kWord);
  if (taken.empty()) fail("expected ", what);
  return taken;
}

std::string_view Scanner::number() { return take_of(kNumber); }

int Scanner::hex_digit() {
  const std::size_t digit = at_ < text_.size() ? std::string_view("0123456789abcdef").find(text_[at_]) : 16;
  if (digit > 15) fail("a bad escape in a quoted text; \\\", \\\\ and \\x00 to \\xff are known");
  ++at_;
  return static_cast<int>(digit);
}

std::string Scanner::quoted() {
  expect("\"");
  std::string out;
  while (at_ < text_.size() && text_[at_] != '"') {
    const char c = text_[at_++];
    if (c == '\n') fail("a quoted text ends on its line");
    if (c != '\\') {
      out += c;
    } else if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\\')) {
      out += text_[at_++];
    } else {
      if (at_ < text_.size() && text_[at_] == 'x') ++at_;
      const int high = hex_digit();
      out += static_cast<char>(high * 16 + hex_digit());
    }
  }
  if (at_ == text_.size()) fail("a quoted text without its end");
  ++at_;
  return out;
}

std::string Scanner::name(const char* what) { return peek() == '"' ? quoted() : std::string(word(what)); }

std::int64_t Scanner::integer() {
  mark();
  std::int64_t value = 0;
  const char* end = text_.data() + text_.size();
  const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
  if (error != std::errc()) fail("expected a whole number of 64 bits");
  at_ = static_cast<std::size_t>(stop - text_.data());
  return value;
}

}  // namespace weft::ir
