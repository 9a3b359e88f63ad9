// SPDX-License-Identifier: Apache-2.0
#include "weft/table.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <utility>

#include "core/base/check.h"
#include "core/io/printable.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

namespace weft::data {
namespace {

template <class... Args>
[[noreturn]] void refuse(const Args&... args) {
  fail_at<ValueError>("table", "", args...);
}

std::string shown(const std::string& name) { return cat("'", detail::printable(name), "'"); }

void check_cells(const Column& column) {
  const auto& c = column.categories;
  const bool other = column.type == kNumbers ? !column.codes.empty() || !c.empty() : !column.numbers.empty();
  if (other) refuse("column ", shown(column.name), " holds numbers and categories; it must hold those of its type");
  if (std::adjacent_find(c.begin(), c.end(), [](const auto& a, const auto& b) { return a >= b; }) != c.end())
    refuse("the categories of column ", shown(column.name), " must be sorted and distinct");
  for (const std::string& category : c)
    if (category.find('\0') != std::string::npos)
      refuse("category ", shown(category), " of column ", shown(column.name), " holds a NUL byte");
  for (const std::int32_t code : column.codes)
    if (code < -1 || code >= std::ssize(c))
      refuse("column ", shown(column.name), " holds the code ", code, "; codes lie in [-1, ", c.size(), ")");
}

// The cells of these rows.
Column taken(const Column& column, const std::vector<std::int64_t>& rows) {
  Column out{column.name, column.type, {}, {}, column.categories};
  const auto take = [&](const auto& from, auto& to) {
    to.reserve(rows.size());
    for (const std::int64_t row : rows) to.push_back(from[static_cast<std::size_t>(row)]);
  };
  if (column.type == kNumbers) {
    take(column.numbers, out.numbers);
  } else {
    take(column.codes, out.codes);
  }
  return out;
}

}  // namespace

std::int64_t Column::size() const { return type == kNumbers ? std::ssize(numbers) : std::ssize(codes); }

bool Column::is_missing(std::int64_t row) const {
  const auto i = static_cast<std::size_t>(row);
  return type == kNumbers ? std::isnan(numbers[i]) : codes[i] < 0;
}

std::int64_t Column::missing() const {
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < size(); ++row) count += is_missing(row) ? 1 : 0;
  return count;
}

Column number_column(std::string name, std::vector<double> cells) {
  return {std::move(name), kNumbers, std::move(cells)};
}

Column category_column(std::string name, const std::vector<std::string>& cells) {
  std::set<std::string> distinct(cells.begin(), cells.end());
  distinct.erase("");
  Column out{std::move(name), kCategories, {}, {}, {distinct.begin(), distinct.end()}};
  for (const std::string& cell : cells) {
    const auto place = std::lower_bound(out.categories.begin(), out.categories.end(), cell);
    out.codes.push_back(cell.empty() ? -1 : static_cast<std::int32_t>(place - out.categories.begin()));
  }
  return out;
}

Table::Table(std::vector<Column> columns, std::string target) : target_(std::move(target)) {
  std::set<std::string> seen;
  const std::int64_t rows = columns.empty() ? 0 : columns[0].size();
  for (Column& column : columns) {
    if (column.name.empty() || !detail::is_clean_text(column.name))
      refuse("the name ", shown(column.name), " is empty or not UTF-8 without control characters");
    if (!seen.insert(column.name).second) refuse("two columns are named ", shown(column.name), "; names must differ");
    check_cells(column);
    if (column.size() != rows)
      refuse("column ", shown(column.name), " has ", column.size(), " rows, column ", shown(columns_[0]->name), " has ",
             rows, "; all must have equally many");
    columns_.push_back(std::make_shared<const Column>(std::move(column)));
  }
  if (!target_.empty()) column(target_);
}

std::int64_t Table::size() const { return columns_.empty() ? 0 : columns_[0]->size(); }

std::vector<std::string> Table::names() const {
  std::vector<std::string> out;
  for (const auto& column : columns_) out.push_back(column->name);
  return out;
}

bool Table::contains(const std::string& name) const {
  return std::any_of(columns_.begin(), columns_.end(), [&](const auto& column) { return column->name == name; });
}

const Column& Table::column(const std::string& name) const {
  const auto found =
      std::find_if(columns_.begin(), columns_.end(), [&](const auto& column) { return column->name == name; });
  if (found != columns_.end()) return **found;
  std::string all;
  for (const auto& column : columns_) all += (all.empty() ? "" : ", ") + column->name;
  refuse("there is no column ", shown(name), "; the columns are ", detail::printable(all, 400));
}

Table Table::subset(const std::vector<std::int64_t>& rows) const {
  for (const std::int64_t row : rows)
    if (row < 0 || row >= size()) refuse("no row ", row, " among ", size());
  Table out;
  out.target_ = target_;
  detail::allocating("table", rows.size() * columns_.size() * sizeof(double), [&] {
    for (const auto& column : columns_) out.columns_.push_back(std::make_shared<const Column>(taken(*column, rows)));
  });
  return out;
}

Table Table::drop(const std::vector<std::string>& names) const {
  for (const std::string& name : names) column(name);
  Table out;
  const auto is_dropped = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const auto& column : columns_)
    if (!is_dropped(column->name)) out.columns_.push_back(column);
  if (!is_dropped(target_)) out.target_ = target_;
  return out;
}

Table Table::drop_missing(const std::vector<std::string>& names) const {
  std::vector<const Column*> asked;
  for (const std::string& name : names.empty() ? this->names() : names) asked.push_back(&column(name));
  std::vector<std::int64_t> kept;
  for (std::int64_t row = 0; row < size(); ++row)
    if (std::none_of(asked.begin(), asked.end(), [&](const Column* column) { return column->is_missing(row); }))
      kept.push_back(row);
  return subset(kept);
}

}  // namespace weft::data
