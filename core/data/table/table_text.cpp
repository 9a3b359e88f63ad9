// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "core/base/text_table.h"
#include "core/io/printable.h"
#include "weft/table.h"

namespace weft::data {
namespace {

std::string short_number(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", x);
  return text;
}

std::string numbers_text(const Column& column) {
  double sum = 0, least = std::numeric_limits<double>::infinity(), largest = -least;
  std::int64_t count = 0;
  for (const double x : column.numbers) {
    if (std::isnan(x)) continue;
    sum += x;
    least = std::min(least, x);
    largest = std::max(largest, x);
    ++count;
  }
  if (count == 0) return "none";
  const double mean = sum / static_cast<double>(count);
  double squares = 0;
  for (const double x : column.numbers) squares += std::isnan(x) ? 0 : (x - mean) * (x - mean);
  return "mean " + short_number(mean) + ", sd " + short_number(std::sqrt(squares / static_cast<double>(count))) +
         ", from " + short_number(least) + " to " + short_number(largest);
}

std::string categories_text(const Column& column) {
  constexpr std::size_t kShown = 5;
  std::vector<std::int64_t> counts(column.categories.size());
  for (const std::int32_t code : column.codes)
    if (code >= 0) ++counts[static_cast<std::size_t>(code)];
  std::vector<std::size_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return counts[a] > counts[b]; });
  std::string out = std::to_string(counts.size()) + " distinct";
  for (std::size_t i = 0; i < std::min(kShown, order.size()); ++i)
    out += (i == 0 ? ": " : ", ") + detail::printable(column.categories[order[i]]) + " " +
           std::to_string(counts[order[i]]);
  return out + (order.size() > kShown ? ", ..." : "");
}

}  // namespace

std::string Table::describe() const {
  std::vector<std::vector<std::string>> lines{{"column", "type", "missing", "values"}};
  for (const auto& column : columns_)
    lines.push_back({detail::printable(column->name), column->type == kNumbers ? "numbers" : "categories",
                     std::to_string(column->missing()),
                     column->type == kNumbers ? numbers_text(*column) : categories_text(*column)});
  std::string out = std::to_string(size()) + " rows, " + std::to_string(columns_.size()) + " columns";
  if (!target_.empty()) out += ", target " + detail::printable(target_);
  out += '\n';
  out += detail::text_table(lines, "llrl");
  out.pop_back();  // the end of the last line
  return out;
}

}  // namespace weft::data
