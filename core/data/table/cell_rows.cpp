// SPDX-License-Identifier: Apache-2.0
#include "core/data/table/cell_rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/io/host_memory.h"

namespace weft::data {

CellRows::CellRows(detail::ByteSource source, const TableOptions& options)
    : source_(std::move(source)), options_(options) {
  ends_cell_[static_cast<unsigned char>(options.separator)] = true;
  ends_cell_['\n'] = true;
  if (options.comment != '\0') ends_cell_[static_cast<unsigned char>(options.comment)] = true;
  for (const char c : {' ', '\t', '\r'}) blank_[static_cast<unsigned char>(c)] = c != options.separator;
  read_text();
  check_text();
  rewind();
}

void CellRows::fail(const std::string& message) const {
  source_.fail("line " + std::to_string(row_line_) + ": " + message);
}

void CellRows::fail_column(std::size_t index, const std::string& message) const {
  fail("column " + std::to_string(index + 1) + ": " + message);
}

void CellRows::read_text() {
  constexpr std::size_t kFirst = 1 << 16;
  std::size_t room = std::max(kFirst, static_cast<std::size_t>(source_.size_hint()) + 2), size = 0;
  memory_ = detail::host_memory(room);
  while (true) {
    const std::size_t wanted = room - size - 1;  // one byte is left for an end of the last line
    const std::size_t n = source_.read({reinterpret_cast<unsigned char*>(memory_.get()) + size, wanted});
    size += n;
    if (n < wanted) break;
    room *= 2;
    const auto larger = detail::host_memory(room);
    std::memcpy(larger.get(), memory_.get(), size);
    memory_ = larger;
  }
  char* text = reinterpret_cast<char*>(memory_.get());
  if (size == 0 || text[size - 1] != '\n') text[size++] = '\n';
  text_ = {text, size};
}

void CellRows::check_text() const {
  if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
    fail_file("this is text in UTF-16; store it as UTF-8");
  if (const void* nul = std::memchr(text_.data(), '\0', text_.size())) {
    const auto line = std::count(text_.data(), static_cast<const char*>(nul), '\n') + 1;
    fail_file("line " + std::to_string(line) + ": there is a NUL byte; a table is text in UTF-8");
  }
}

void CellRows::rewind() {
  at_ = text_.data();
  end_ = at_ + text_.size();
  lines_ = 0;
  if (text_.starts_with("\xef\xbb\xbf")) at_ += 3;
  for (std::int64_t i = 0; i < options_.skip_lines && at_ < end_; ++i) skip_line();
}

std::size_t CellRows::expected_rows(std::size_t rows_read) const {
  const double share = static_cast<double>(at_ - text_.data()) / static_cast<double>(text_.size());
  return static_cast<std::size_t>(static_cast<double>(rows_read) / share * 1.02);
}

void CellRows::skip_line() {
  at_ = static_cast<const char*>(std::memchr(at_, '\n', static_cast<std::size_t>(end_ - at_))) + 1;
  ++lines_;
}

void CellRows::skip_blanks() {
  while (blank_[static_cast<unsigned char>(*at_)]) ++at_;
}

bool CellRows::find_row() {
  while (at_ < end_) {
    const char* begin = at_;
    skip_blanks();
    const bool empty = *at_ == '\n' || (options_.comment != '\0' && *at_ == options_.comment);
    if (!empty) {
      at_ = begin;
      return true;
    }
    skip_line();
  }
  return false;
}

bool CellRows::next(std::vector<std::string_view>& cells) {
  cells.clear();
  unescaped_.clear();
  if (!find_row()) return false;
  row_line_ = lines_ + 1;
  while (true) {
    skip_blanks();
    cells.push_back(*at_ == '"' ? quoted_cell(cells.size()) : plain_cell());
    if (*at_ != options_.separator) break;
    ++at_;
  }
  skip_line();  // a comment included
  return true;
}

std::string_view CellRows::plain_cell() {
  const char* begin = at_;
  while (!ends_cell_[static_cast<unsigned char>(*at_)]) ++at_;
  const char* end = at_;
  while (end > begin && blank_[static_cast<unsigned char>(end[-1])]) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// The text between the quotes; at_ is then at what ends the cell.
std::string_view CellRows::quoted_cell(std::size_t index) {
  const char* begin = ++at_;
  std::string* joined = nullptr;
  while (true) {
    const void* quote = std::memchr(at_, '"', static_cast<std::size_t>(end_ - at_));
    if (!quote) fail_column(index, "a quote that has no end");
    const char* stop = static_cast<const char*>(quote);
    lines_ += std::count(at_, stop, '\n');
    at_ = stop + 1;
    const bool doubled = *at_ == '"';
    if (doubled || joined) {
      if (!joined) joined = &unescaped_.emplace_back();
      joined->append(begin, stop + (doubled ? 1 : 0));
    }
    if (doubled) {
      begin = ++at_;
      continue;
    }
    skip_blanks();
    if (!ends_cell_[static_cast<unsigned char>(*at_)]) fail_column(index, "there is text behind its closing quote");
    if (joined) return *joined;
    return {begin, static_cast<std::size_t>(stop - begin)};
  }
}

}  // namespace weft::data
