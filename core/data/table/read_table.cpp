// SPDX-License-Identifier: Apache-2.0
#include "core/data/table/read_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "core/base/check.h"
#include "core/data/table/cell_rows.h"
#include "core/data/table/dictionary.h"
#include "core/io/csv_number.h"
#include "core/io/printable.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

namespace weft::data {
namespace {

// The reader of single cells, by the options: missing, a number, or a text.
class Cells {
 public:
  explicit Cells(const TableOptions& options) : missing_(options.missing), comma_(options.decimal == ',') {
    for (const std::string& text : missing_) {
      if (text.empty()) empty_is_missing_ = true;
      if (!text.empty()) may_be_missing_[static_cast<unsigned char>(text[0])] = true;
    }
  }

  bool is_missing(std::string_view cell) const {
    if (cell.empty()) return empty_is_missing_;
    return may_be_missing_[static_cast<unsigned char>(cell[0])] &&
           std::find(missing_.begin(), missing_.end(), cell) != missing_.end();
  }

  detail::FieldKind number(std::string_view cell, double& value) {
    if (!comma_) return detail::read_number(cell, value);
    if (cell.find('.') != std::string_view::npos) return detail::FieldKind::kText;
    with_point_.assign(cell);
    if (const std::size_t at = with_point_.find(','); at != std::string::npos) with_point_[at] = '.';
    return detail::read_number(with_point_, value);
  }

 private:
  const std::vector<std::string>& missing_;
  bool comma_, empty_is_missing_ = false;
  std::array<bool, 256> may_be_missing_{};
  std::string with_point_;
};

// A column while its cells are read: numbers until a cell is none.
struct Growing {
  std::string name{};
  std::optional<ColumnType> given{};
  bool text = false;
  std::int64_t text_from = 0;  // rows before were read as numbers, and are read again
  std::vector<double> numbers{};
  std::vector<std::int32_t> codes{};
  Dictionary texts{};
};

class Reader {
 public:
  Reader(detail::ByteSource source, const TableOptions& options)
      : options_(options), rows_(std::move(source), options), cells_(options) {}

  Table table() {
    name_columns();
    std::int64_t row = 0;
    for (; has_row_; has_row_ = rows_.next(fields_)) {
      check_width();
      for (std::size_t i = 0; i < columns_.size(); ++i) add(i, row);
      if (++row == kSample) make_room();
    }
    if (row == 0) rows_.fail_file("there are no rows");
    read_early_texts();
    std::vector<Column> out;
    for (Growing& column : columns_) out.push_back(finished(column));
    return Table(std::move(out), options_.target);
  }

 private:
  [[noreturn]] void fail(std::size_t column, const std::string& message) const {
    rows_.fail("column '" + detail::printable(columns_[column].name) + "': " + message);
  }

  void name_columns() {
    has_row_ = rows_.next(fields_);
    if (!has_row_) rows_.fail_file("there are no rows");
    columns_.resize(fields_.size());
    std::set<std::string> seen;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      std::string& name = columns_[i].name;
      if (options_.header) name = fields_[i];
      if (!detail::is_clean_text(name))
        rows_.fail_column(i, "the name '" + detail::printable(name) + "' is not UTF-8 without control characters");
      if (name.empty()) name = "column_" + std::to_string(i);
      if (!seen.insert(name).second) rows_.fail_column(i, "the name '" + name + "' is given twice; names must differ");
    }
    if (options_.header) has_row_ = rows_.next(fields_);
    for (const auto& [name, type] : options_.types) {
      const auto found = std::find_if(columns_.begin(), columns_.end(),
                                      [&wanted = name](const Growing& c) { return c.name == wanted; });
      if (found == columns_.end()) refuse_column(name);
      found->given = type;
      found->text = type == kCategories;
    }
    if (!options_.target.empty() && !seen.contains(options_.target)) refuse_column(options_.target);
  }

  [[noreturn]] void refuse_column(const std::string& name) const {
    std::string all;
    for (const Growing& column : columns_) all += (all.empty() ? "" : ", ") + column.name;
    fail_at<ValueError>("table", rows_.name(), "there is no column '", detail::printable(name), "'; the columns are ",
                        detail::printable(all, 400));
  }

  // Vectors that grow step by step take twice as long.
  void make_room() {
    const std::size_t rows = rows_.expected_rows(kSample);
    for (Growing& column : columns_) {
      if (column.text) {
        column.codes.reserve(rows);
      } else {
        column.numbers.reserve(rows);
      }
    }
  }

  void check_width() const {
    if (fields_.size() != columns_.size())
      rows_.fail(std::to_string(fields_.size()) + " cells, the first row has " + std::to_string(columns_.size()));
  }

  void add(std::size_t i, std::int64_t row) {
    Growing& column = columns_[i];
    const std::string_view cell = fields_[i];
    if (column.text) {
      column.codes.push_back(cells_.is_missing(cell) ? -1 : code_of(i, cell));
      return;
    }
    double value = std::numeric_limits<double>::quiet_NaN();
    if (!cells_.is_missing(cell)) {
      const detail::FieldKind kind = cells_.number(cell, value);
      if (kind != detail::FieldKind::kNumber) {
        if (column.given) refuse_number(i, cell, kind);
        column.text = true;
        column.text_from = row;
        column.codes.assign(column.numbers.size(), -1);
        column.numbers = {};
        column.codes.push_back(code_of(i, cell));
        return;
      }
    }
    column.numbers.push_back(value);
  }

  [[noreturn]] void refuse_number(std::size_t i, std::string_view cell, detail::FieldKind kind) const {
    fail(i, "'" + detail::printable(cell) +
                (kind == detail::FieldKind::kTooLarge ? "' does not fit a double"
                                                      : "' is no number; give the column as categories, or the "
                                                        "text among the missing ones"));
  }

  std::int32_t code_of(std::size_t i, std::string_view cell) {
    const std::optional<std::int32_t> code = columns_[i].texts.code(cell);
    if (!code) fail(i, "more than 2^31 - 1 distinct texts");
    return *code;
  }

  // Columns that looked like numbers at first: the cells before the first text, as texts.
  void read_early_texts() {
    std::int64_t last = 0;
    for (const Growing& column : columns_) last = std::max(last, column.text_from);
    if (last == 0) return;
    rows_.rewind();
    if (options_.header) rows_.next(fields_);
    for (std::int64_t row = 0; row < last && rows_.next(fields_); ++row)
      for (std::size_t i = 0; i < columns_.size(); ++i)
        if (row < columns_[i].text_from && !cells_.is_missing(fields_[i]))
          columns_[i].codes[static_cast<std::size_t>(row)] = code_of(i, fields_[i]);
  }

  static Column finished(Growing& column) {
    if (!column.text) return {std::move(column.name), kNumbers, std::move(column.numbers)};
    std::vector<std::int32_t> place;  // by code
    std::vector<std::string> sorted = std::move(column.texts).sorted(place);
    for (std::int32_t& code : column.codes)
      if (code >= 0) code = place[static_cast<std::size_t>(code)];
    return {std::move(column.name), kCategories, {}, std::move(column.codes), std::move(sorted)};
  }

  static constexpr std::int64_t kSample = 4096;  // rows from which the number of all is estimated

  const TableOptions& options_;
  CellRows rows_;
  Cells cells_;
  std::vector<std::string_view> fields_;  // cells of the row at hand
  bool has_row_ = false;
  std::vector<Growing> columns_;
};

void check_options(const TableOptions& options) {
  const auto refuse = [](const auto&... args) { fail_at<ValueError>("table", "", args...); };
  const auto is_reserved = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return c == '\n' || c == '\r' || c == '"' || std::isalnum(code) != 0 || code > 0x7f;
  };
  const auto shown = [](char c) { return detail::printable({&c, 1}); };
  if (options.decimal != '.' && options.decimal != ',')
    refuse("the decimal mark is '", shown(options.decimal), "'; it must be '.' or ','");
  if (is_reserved(options.separator) || options.separator == '\0' || options.separator == '+' ||
      options.separator == '-' || options.separator == '.' || options.separator == options.decimal)
    refuse("the separator is '", shown(options.separator), "' and the decimal mark '", shown(options.decimal),
           "'; a separator is an ASCII character that is in no number, no quote and no end of a line");
  if (is_reserved(options.comment) || options.comment == options.separator || options.comment == '+' ||
      options.comment == '-' || options.comment == '.' || options.comment == options.decimal ||
      options.comment == ' ' || options.comment == '\t')
    refuse("the comment mark is '", shown(options.comment),
           "'; it must be an ASCII character that is no separator, no blank, and in no number, quote or end of a line");
  if (options.skip_lines < 0) refuse("skip_lines is ", options.skip_lines, ", it must not be negative");
}

}  // namespace

Table parse_table(detail::ByteSource source, const TableOptions& options) {
  check_options(options);
  return Reader(std::move(source), options).table();
}

Table read_table(const std::filesystem::path& path, const TableOptions& options) {
  return detail::allocating(
      "table", 0, [&] { return parse_table(detail::ByteSource(path, "table"), options); }, path.string());
}

}  // namespace weft::data
