// SPDX-License-Identifier: Apache-2.0
#include "core/io/csv.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "core/io/host_memory.h"

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
  int number() const { return number_; }
  [[noreturn]] void fail(const std::string& message) const {
    source_.fail("line " + std::to_string(number_) + ": " + message);
  }
  [[noreturn]] void fail_file(const std::string& message) const { source_.fail(message); }

 private:
  bool more() {
    constexpr std::size_t kChunk = 1 << 16;
    text_.erase(0, begin_);
    begin_ = 0;
    const std::size_t kept = text_.size();
    text_.resize(kept + kChunk);
    const std::size_t n = source_.read({reinterpret_cast<unsigned char*>(text_.data()) + kept, kChunk});
    text_.resize(kept + n);
    return n > 0;
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
  int number_ = 0;
};

// Character by character: fields are shorter than a search is worth.
std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

void split(std::string_view line, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  std::size_t begin = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != separator) continue;
    fields.push_back(trimmed(line.substr(begin, i - begin)));
    begin = i + 1;
  }
  fields.push_back(trimmed(line.substr(begin)));
}

// A whole number of at most 15 digits, the common case: a tenth of the general reader's work, exact because a double
// holds 15 digits.
std::optional<double> whole_number(std::string_view field) {
  constexpr std::size_t kExact = 15;
  if (field.empty() || field.size() > kExact) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : field) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + (c - '0');
  }
  return static_cast<double>(value);
}

double number_of(std::string_view field, std::size_t index, const Lines& lines) {
  if (const auto whole = whole_number(field)) return *whole;
  double value = 0;
  const char* begin = field.data() + (field.starts_with('+') ? 1 : 0);
  const char* end = field.data() + field.size();
  const auto [stop, status] = std::from_chars(begin, end, value);
  if (status == std::errc::result_out_of_range)
    lines.fail("field " + std::to_string(index + 1) + ": '" + std::string(field) + "' does not fit a double");
  if (status != std::errc() || stop != end)
    lines.fail("field " + std::to_string(index + 1) + ": '" + std::string(field.substr(0, 40)) + "' is no number");
  return value;
}

std::string unquoted(std::string_view name) {
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return std::string(name);
}

}  // namespace

Csv parse_csv(detail::ByteSource source, const CsvOptions& options) {
  Lines lines(std::move(source));
  Csv out;
  auto values = std::make_shared<std::vector<double>>();
  std::vector<std::string_view> fields;
  std::size_t columns = 0;
  std::int64_t rows = 0;
  bool header_due = options.header;
  while (const std::optional<std::string_view> line = lines.next()) {
    if (trimmed(*line).empty()) continue;
    split(*line, options.separator, fields);
    if (columns != 0 && fields.size() != columns)
      lines.fail(std::to_string(fields.size()) + " fields, the lines before have " + std::to_string(columns));
    columns = fields.size();
    if (header_due) {
      for (const std::string_view name : fields) out.names.push_back(unquoted(name));
      header_due = false;
      continue;
    }
    for (std::size_t i = 0; i < columns; ++i) values->push_back(number_of(fields[i], i, lines));
    ++rows;
  }
  if (rows == 0) lines.fail_file("there are no rows");
  out.values = detail::host_tensor(values->data(), {{rows, static_cast<std::int64_t>(columns)}, DType::kF64}, values);
  return out;
}

Csv read_csv(const std::filesystem::path& path, const CsvOptions& options) {
  return parse_csv(detail::ByteSource(path, "csv"), options);
}

}  // namespace weft::data
