// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/data/permutation.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"
#include "weft/table.h"

namespace weft::data {
namespace {

using Rows = std::vector<std::int64_t>;

template <class... Args>
[[noreturn]] void refuse(const Args&... args) {
  fail_at<ValueError>("table", "", args...);
}

void check_options(const SplitOptions& options) {
  if (!options.stratify.empty() && !options.group.empty())
    refuse("stratify is '", options.stratify, "' and group is '", options.group, "'; give one of them");
}

// The rows of each distinct value, missing cells last, each in a random order.
std::vector<Rows> rows_by_value(const Column& column, const Rows& order) {
  std::map<std::pair<bool, double>, Rows> by_value;
  for (const std::int64_t row : order) {
    const auto i = static_cast<std::size_t>(row);
    const bool missing = column.is_missing(row);
    const double value = missing ? 0 : column.type == kNumbers ? column.numbers[i] : column.codes[i];
    by_value[{missing, value}].push_back(row);
  }
  std::vector<Rows> out;
  for (auto& [value, rows] : by_value) out.push_back(std::move(rows));
  return out;
}

// The groups in a random order, which is that of their first rows.
std::vector<Rows> groups_of(const Table& table, const SplitOptions& options, const Rows& order) {
  const Column& column = table.column(options.group);
  for (std::int64_t row = 0; row < table.size(); ++row)
    if (column.is_missing(row)) refuse("row ", row, " has no value in column '", options.group, "', which groups rows");
  std::vector<Rows> groups = rows_by_value(column, order);
  const Rows shuffled = detail::permutation(std::ssize(groups), options.seed, 1);
  std::vector<Rows> out;
  for (const std::int64_t group : shuffled) out.push_back(std::move(groups[static_cast<std::size_t>(group)]));
  return out;
}

// The parts as tables. `part` has the number of each row's test part.
TableSplit parted(const Table& table, const std::vector<std::int64_t>& part, std::int64_t test) {
  Rows train_rows, test_rows;
  for (std::int64_t row = 0; row < table.size(); ++row)
    (part[static_cast<std::size_t>(row)] == test ? test_rows : train_rows).push_back(row);
  return {table.subset(train_rows), table.subset(test_rows)};
}

// The number of each row's part: 0 to train on, 1 held out.
std::vector<std::int64_t> split_parts(const Table& table, double share, const SplitOptions& options) {
  const Rows order = detail::permutation(table.size(), options.seed, 0);
  const double wanted = share * static_cast<double>(table.size());
  std::vector<std::int64_t> part(order.size(), 1);
  const auto train = [&](const Rows& rows, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) part[static_cast<std::size_t>(rows[i])] = 0;
  };
  if (!options.group.empty()) {
    double have = 0;
    for (const Rows& rows : groups_of(table, options, order)) {
      const double with = have + static_cast<double>(rows.size());
      if (std::abs(with - wanted) > std::abs(have - wanted)) continue;
      train(rows, rows.size());
      have = with;
    }
    return part;
  }
  const auto count = static_cast<std::size_t>(std::llround(wanted));
  if (options.stratify.empty()) {
    train(order, count);
    return part;
  }
  // Each stratum gives the whole part of its share; those with the largest rest give one more (Hamilton's method).
  const std::vector<Rows> strata = rows_by_value(table.column(options.stratify), order);
  std::vector<std::size_t> given(strata.size());
  std::vector<double> rest(strata.size());
  for (std::size_t i = 0; i < strata.size(); ++i) {
    const double part_of = share * static_cast<double>(strata[i].size());
    given[i] = static_cast<std::size_t>(part_of);
    rest[i] = part_of - static_cast<double>(given[i]);
  }
  std::vector<std::size_t> by_rest(strata.size());
  std::iota(by_rest.begin(), by_rest.end(), 0);
  std::stable_sort(by_rest.begin(), by_rest.end(), [&](std::size_t a, std::size_t b) { return rest[a] > rest[b]; });
  std::size_t left = count - std::accumulate(given.begin(), given.end(), std::size_t{0});
  for (const std::size_t i : by_rest) {
    if (left == 0) break;
    if (given[i] == strata[i].size()) continue;
    ++given[i];
    --left;
  }
  for (std::size_t i = 0; i < strata.size(); ++i) train(strata[i], given[i]);
  return part;
}

// The number of each row's fold.
std::vector<std::int64_t> fold_parts(const Table& table, std::int64_t k, const SplitOptions& options) {
  const Rows order = detail::permutation(table.size(), options.seed, 0);
  std::vector<std::int64_t> part(order.size());
  if (!options.group.empty()) {
    std::vector<Rows> groups = groups_of(table, options, order);
    if (std::ssize(groups) < k) refuse(k, " folds of ", groups.size(), " groups; there must be at least one for each");
    std::stable_sort(groups.begin(), groups.end(), [](const Rows& a, const Rows& b) { return a.size() > b.size(); });
    std::vector<std::size_t> sizes(static_cast<std::size_t>(k));
    for (const Rows& rows : groups) {
      const auto smallest = std::min_element(sizes.begin(), sizes.end());
      *smallest += rows.size();
      for (const std::int64_t row : rows) part[static_cast<std::size_t>(row)] = smallest - sizes.begin();
    }
    return part;
  }
  if (!options.stratify.empty()) {
    // Dealing the strata out one after the other: folds differ by one row at most, in each stratum and in all.
    std::int64_t next = 0;
    for (const Rows& rows : rows_by_value(table.column(options.stratify), order))
      for (const std::int64_t row : rows) part[static_cast<std::size_t>(row)] = next++ % k;
    return part;
  }
  for (std::size_t i = 0; i < order.size(); ++i)
    part[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i) % k;
  return part;
}

}  // namespace

TableSplit Table::split(double share, const SplitOptions& options) const {
  check_options(options);
  if (!(share >= 0 && share <= 1)) refuse("the share is ", share, ", it must lie in [0, 1]");
  const auto bytes = static_cast<std::size_t>(size()) * sizeof(std::int64_t);
  return detail::allocating("table", bytes, [&] { return parted(*this, split_parts(*this, share, options), 1); });
}

std::vector<TableSplit> Table::folds(std::int64_t k, const SplitOptions& options) const {
  check_options(options);
  if (k < 2 || k > size()) refuse(k, " folds of ", size(), " rows; there must be at least 2, and a row for each");
  const auto bytes = static_cast<std::size_t>(size()) * sizeof(std::int64_t);
  return detail::allocating("table", bytes, [&] {
    const std::vector<std::int64_t> part = fold_parts(*this, k, options);
    std::vector<TableSplit> out;
    for (std::int64_t fold = 0; fold < k; ++fold) out.push_back(parted(*this, part, fold));
    return out;
  });
}

}  // namespace weft::data
