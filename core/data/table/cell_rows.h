// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/io/byte_source.h"
#include "weft/table.h"

namespace weft::data {

// The rows of a table's file as cells: trimmed, without quotes, comments and blank lines. Errors are FormatErrors that
// name the file and the line on which the row at hand begins.
class CellRows {
 public:
  CellRows(detail::ByteSource source, const TableOptions& options);

  // The cells of the next row, valid until the next call. False after the last row.
  bool next(std::vector<std::string_view>& cells);
  // Back to the first row.
  void rewind();
  // Number of rows in all, estimated from the lengths of those that were read.
  std::size_t expected_rows(std::size_t rows_read) const;

  const std::string& name() const { return source_.name(); }
  [[noreturn]] void fail(const std::string& message) const;
  [[noreturn]] void fail_column(std::size_t index, const std::string& message) const;
  [[noreturn]] void fail_file(const std::string& message) const { source_.fail(message); }

 private:
  void read_text();
  void check_text() const;
  // At the beginning of the next line with a cell. False at the end.
  bool find_row();
  void skip_line();
  void skip_blanks();
  std::string_view plain_cell();
  std::string_view quoted_cell(std::size_t index);

  detail::ByteSource source_;
  const TableOptions& options_;
  std::array<bool, 256> ends_cell_{}, blank_{};
  std::shared_ptr<std::byte> memory_;  // the text
  std::string_view text_;              // ends with an end of a line
  const char *at_ = nullptr, *end_ = nullptr;
  std::int64_t lines_ = 0;  // ends of lines in front of at_
  std::int64_t row_line_ = 0;
  std::deque<std::string> unescaped_;  // cells of the row at hand that held two quotes for one
};

}  // namespace weft::data
