// SPDX-License-Identifier: Apache-2.0
#include "core/io/csv.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/check.h"
#include "core/io/csv_number.h"
#include "core/io/host_memory.h"
#include "core/io/printable.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

namespace weft::data {
namespace {

class Lines {
 public:
  explicit Lines(detail::ByteSource source) : source_(std::move(source)) {}

  // The next line without its end, nothing after the last.
  std::optional<std::string_view> next() {
    std::size_t end = text_.find('\n', begin_);
    while (end == std::string::npos) {
      const std::size_t kept = text_.size() - begin_;
      if (!more()) {
        if (kept == 0) return std::nullopt;
        return take(text_.size(), text_.size());
      }
      end = text_.find('\n', kept);
    }
    return take(end, end + 1);
  }
  // Number of the line that next() gave last, counted from 1.
  std::int64_t number() const { return number_; }
  [[noreturn]] void fail(const std::string& message) const { fail_at_line(number_, message); }
  [[noreturn]] void fail_field(std::size_t index, const std::string& message) const {
    fail("field " + std::to_string(index + 1) + ": " + message);
  }
  [[noreturn]] void fail_file(const std::string& message) const { source_.fail(message); }

 private:
  [[noreturn]] void fail_at_line(std::int64_t line, const std::string& message) const {
    source_.fail("line " + std::to_string(line) + ": " + message);
  }
  // Reads on behind what is not used yet. False at the end.
  bool more() {
    constexpr std::size_t kChunk = 1 << 16, kLongest = std::size_t{1} << 30;
    const bool first = number_ == 0 && text_.empty();
    text_.erase(0, begin_);
    begin_ = 0;
    const std::size_t kept = text_.size();
    if (kept > kLongest) fail_at_line(number_ + 1, "it has more than 2^30 bytes; is this a table with one row a line?");
    text_.resize(kept + kChunk);
    const std::size_t n = source_.read({reinterpret_cast<unsigned char*>(text_.data()) + kept, kChunk});
    text_.resize(kept + n);
    if (first) skip_mark();
    if (const std::size_t at = text_.find('\0', kept); at != std::string::npos)
      fail_at_line(number_ + 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'),
                   "there is a NUL byte; a table is text in UTF-8");
    return n > 0;
  }
  // The mark of UTF-8 is no part of the first name or number.
  void skip_mark() {
    if (text_.starts_with("\xef\xbb\xbf")) begin_ = 3;
    if (text_.starts_with("\xff\xfe") || text_.starts_with("\xfe\xff"))
      fail_file("this is text in UTF-16; store it as UTF-8");
  }
  std::string_view take(std::size_t end, std::size_t next) {
    std::string_view line = std::string_view(text_).substr(begin_, end - begin_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin_ = next;
    ++number_;
    return line;
  }

  detail::ByteSource source_;
  std::string text_;
  std::size_t begin_ = 0;
  std::int64_t number_ = 0;
};

// Splits lines into fields, which it trims. A quoted field keeps its quotes and may hold separators.
class Splitter {
 public:
  explicit Splitter(char separator) : separator_(separator) {}

  bool is_blank(std::string_view line) const { return trimmed(line).empty(); }

  void split(const Lines& lines, std::string_view line, std::vector<std::string_view>& fields) const {
    fields.clear();
    std::size_t begin = 0;
    while (true) {
      const std::size_t text = first_of_text(line, begin);
      std::size_t end =
          text < line.size() && line[text] == '"' ? behind_quote(lines, line, text, fields.size()) : begin;
      while (end < line.size() && line[end] != separator_) ++end;
      fields.push_back(trimmed(line.substr(begin, end - begin)));
      if (end == line.size()) return;
      begin = end + 1;
    }
  }

 private:
  bool blank(char c) const { return (c == ' ' || c == '\t') && c != separator_; }
  // Character by character: fields are shorter than a search is worth.
  std::string_view trimmed(std::string_view text) const {
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    return text;
  }
  std::size_t first_of_text(std::string_view line, std::size_t at) const {
    while (at < line.size() && blank(line[at])) ++at;
    return at;
  }
  // The place behind the quote that ends a field; two quotes in a row are one of its characters.
  std::size_t behind_quote(const Lines& lines, std::string_view line, std::size_t at, std::size_t index) const {
    do {
      at = line.find('"', at + 1);
      if (at == std::string_view::npos) lines.fail_field(index, "a quote that has no end on its line");
      ++at;
    } while (at < line.size() && line[at] == '"');
    return at;
  }

  char separator_;
};

double number_of(std::string_view field, std::size_t index, const Lines& lines, bool first) {
  double value = 0;
  const detail::FieldKind kind = detail::read_number(field, value);
  if (kind == detail::FieldKind::kNumber) return value;
  const std::string given = cat("'", detail::printable(field), "'");
  if (kind == detail::FieldKind::kTooLarge) lines.fail_field(index, given + " does not fit a double");
  lines.fail_field(
      index, given + " is no number" + (first ? "; if the first line names the columns, give header = true" : ""));
}

std::string name_of(std::string_view field, std::size_t index, const Lines& lines) {
  std::string name(field);
  if (field.starts_with('"')) {
    if (field.size() < 2 || field.back() != '"') lines.fail_field(index, "there is text behind its closing quote");
    name.clear();
    for (std::size_t i = 1; i + 1 < field.size(); ++i) {
      name += field[i];
      if (field[i] == '"') ++i;
    }
  }
  if (!detail::is_clean_text(name))
    lines.fail_field(index, "the name '" + detail::printable(name) + "' is not UTF-8 without control characters");
  return name;
}

std::vector<std::string> names_of(const std::vector<std::string_view>& fields, const Lines& lines) {
  std::vector<std::string> names;
  std::unordered_map<std::string, std::size_t> index;
  bool text = false;
  for (const std::string_view field : fields) {
    double ignored = 0;
    text |= detail::read_number(field, ignored) != detail::FieldKind::kNumber;
    names.push_back(name_of(field, names.size(), lines));
    if (const auto [place, fresh] = index.emplace(names.back(), names.size()); !fresh)
      lines.fail_field(names.size() - 1, "the name '" + detail::printable(names.back()) + "' is that of field " +
                                             std::to_string(place->second) + ", too; names must differ");
  }
  if (!text)
    lines.fail("header = true, but all its fields are numbers; give header = false, or quote names that are numbers");
  return names;
}

void check_separator(char separator) {
  constexpr std::string_view kReserved("\n\r\0\"+-.", 7);
  const auto code = static_cast<unsigned char>(separator);
  if (kReserved.find(separator) != std::string_view::npos || std::isalnum(code) || code > 0x7f)
    fail_at<ValueError>("csv", "", "the separator is '", detail::printable({&separator, 1}),
                        "'; it must be an ASCII character that is in no number, no quote and no end of a line");
}

}  // namespace

Csv parse_csv(detail::ByteSource source, const CsvOptions& options) {
  check_separator(options.separator);
  Lines lines(std::move(source));
  const Splitter splitter(options.separator);
  Csv out;
  auto values = std::make_shared<std::vector<double>>();
  std::vector<std::string_view> fields;
  std::size_t columns = 0;
  std::int64_t rows = 0;
  bool header_due = options.header;
  while (const std::optional<std::string_view> line = lines.next()) {
    if (splitter.is_blank(*line)) continue;
    splitter.split(lines, *line, fields);
    if (columns != 0 && fields.size() != columns)
      lines.fail(std::to_string(fields.size()) + " fields, the lines before have " + std::to_string(columns));
    const bool first = columns == 0;
    columns = fields.size();
    if (header_due) {
      out.names = names_of(fields, lines);
      header_due = false;
      continue;
    }
    for (std::size_t i = 0; i < columns; ++i) values->push_back(number_of(fields[i], i, lines, first));
    ++rows;
  }
  if (rows == 0) lines.fail_file("there are no rows");
  out.values = detail::host_tensor(values->data(), {{rows, static_cast<std::int64_t>(columns)}, DType::kF64}, values);
  return out;
}

Csv read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return detail::allocating(
      "csv", 0, [&] { return parse_csv(detail::ByteSource(path, "csv"), options); }, path.string());
}

}  // namespace weft::data
