// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {
namespace data {

// Types of a table's columns.
enum ColumnType {
  kNumbers,     // f64
  kCategories,  // texts, stored as codes
};

// One column of a table.
struct Column {
  std::string name;                       // its name in the table
  ColumnType type = kNumbers;             // which of the members below hold the cells
  std::vector<double> numbers{};          // a cell per row, NaN where it is missing; empty for categories
  std::vector<std::int32_t> codes{};      // a place in `categories` per row, -1 where the cell is missing
  std::vector<std::string> categories{};  // distinct texts, sorted by bytes

  // Number of cells.
  std::int64_t size() const;
  // True for a cell without a value.
  bool is_missing(std::int64_t row) const;
  // Number of cells without a value.
  std::int64_t missing() const;
};

// A column of numbers; NaN is missing.
Column number_column(std::string name, std::vector<double> cells);
// A column of categories from texts; an empty text is missing.
Column category_column(std::string name, const std::vector<std::string>& cells);

// Settings of split() and folds(). At most one of `stratify` and `group` is given.
struct SplitOptions {
  std::uint64_t seed = 0;  // the rows of each part are a function of the table and this seed; weft::seed() changes none
  std::string stratify{};  // column whose values are equally frequent in all parts
  std::string group{};     // column whose equal values stay in one part
};

struct TableSplit;

// Named columns of equal length. Nothing changes a table; copying is cheap.
class Table {
 public:
  Table() = default;  // no rows, no columns
  // ValueError for columns of different lengths, a name that is empty, given twice or no clean UTF-8, a target that is
  // no column, and for codes and categories that break the rules of Column.
  explicit Table(std::vector<Column> columns, std::string target = {});

  // Number of rows.
  std::int64_t size() const;
  // Names of the columns, in their order.
  std::vector<std::string> names() const;
  // True for the name of a column.
  bool contains(const std::string& name) const;
  // ValueError when there is no such column.
  const Column& column(const std::string& name) const;
  // Name of the column to predict; empty without one.
  const std::string& target() const { return target_; }

  // The given rows, in the given order; all categories stay. ValueError for a row outside [0, size).
  [[nodiscard]] Table subset(const std::vector<std::int64_t>& rows) const;
  // The table without these columns. ValueError for a name that is no column.
  [[nodiscard]] Table drop(const std::vector<std::string>& names) const;
  // The rows whose cells in these columns have a value; without names, in all columns.
  [[nodiscard]] Table drop_missing(const std::vector<std::string>& names = {}) const;

  // Lines of text: per column its name, type, number of missing cells, and mean, standard deviation, least and largest
  // number, or the most frequent categories.
  std::string describe() const;

  // About round(size * share) rows to train on, and the rest, each in the order of the table: exactly so many without
  // `group`, the nearest number that a random order of whole groups gives with it. ValueError for a share outside [0,
  // 1], a name that is no column, both names, and a row without a group.
  [[nodiscard]] TableSplit split(double share, const SplitOptions& options = {}) const;
  // k pairs; each row is in the test part of one of them. Parts differ by one row at most without `group`. ValueError
  // as for split(), for k < 2, and for fewer rows or groups than k.
  [[nodiscard]] std::vector<TableSplit> folds(std::int64_t k, const SplitOptions& options = {}) const;

 private:
  std::vector<std::shared_ptr<const Column>> columns_;
  std::string target_;
};

// Rows to train on, and rows held out.
struct TableSplit {
  Table train, test;  // no row in both
};

// Layout of a table's file.
struct TableOptions {
  std::string target{};                       // the column to predict
  std::map<std::string, ColumnType> types{};  // types by name; others are guessed: numbers where all cells are
  std::vector<std::string> missing{"", "NA", "NaN", "?"};  // cells without a value
  char separator = ',';                                    // between cells; '\t' for tables separated by tabs
  char decimal = '.';                                      // between the digits of a number: '.' or ','
  char comment = '\0';                                     // the rest of a line from here on is left out
  std::int64_t skip_lines = 0;                             // lines in front of the table
  bool header = true;  // the first line names the columns; without it, or without a name: "column_0", "column_1", ...
};

// Reads a table in UTF-8, plain or gzipped, with or without its mark. Cells are trimmed. A quoted cell ("a ""b""") may
// hold separators, quotes and ends of lines. Blank lines are left out. FormatError with file, line and column for a row
// with more or fewer cells than the first, a quote without an end, text behind one, a name given twice, a text or a
// number beyond f64 in a column that is given as numbers, and a file without rows. ValueError for a target or a type of
// a column that is not there, and for separators that collide.
[[nodiscard]] Table read_table(const std::filesystem::path& path, const TableOptions& options = {});

}  // namespace data
}  // namespace weft
