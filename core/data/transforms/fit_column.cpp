// SPDX-License-Identifier: Apache-2.0
#include "core/data/transforms/fit_column.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <utility>
#include <variant>

#include "core/base/check.h"
#include "core/io/printable.h"
#include "weft/error.h"

namespace weft::data {
namespace {

std::vector<double> present_numbers(const Column& column) {
  std::vector<double> out;
  for (const double x : column.numbers)
    if (!std::isnan(x)) out.push_back(x);
  if (out.empty()) fail_column(column, "has no value to learn from; drop it, or fill it with a constant");
  return out;
}

// Linear interpolation between the two nearest of the sorted numbers, as NumPy's quantile.
double quantile_of(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const double rest = at - static_cast<double>(below);
  if (rest == 0) return sorted[below];
  return sorted[below] + rest * (sorted[below + 1] - sorted[below]);
}

std::vector<double> sorted_numbers(const Column& column) {
  std::vector<double> out = present_numbers(column);
  std::sort(out.begin(), out.end());
  return out;
}

// Within the numbers' bounds in spite of rounding, so that equal numbers have a deviation of 0.
double mean_of(const std::vector<double>& numbers) {
  double sum = 0;
  for (const double x : numbers) sum += x;
  const auto [least, largest] = std::minmax_element(numbers.begin(), numbers.end());
  return std::clamp(sum / static_cast<double>(numbers.size()), *least, *largest);
}

double deviation_of(const std::vector<double>& numbers, double mean) {
  double squares = 0;
  for (const double x : numbers) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / static_cast<double>(numbers.size()));
}

double mode_of(const std::vector<double>& sorted) {
  double best = sorted[0];
  std::size_t most = 0, begin = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != sorted[begin]) begin = i;
    if (i - begin + 1 > most) {
      most = i - begin + 1;
      best = sorted[i];
    }
  }
  return best;
}

std::vector<std::int64_t> counts_of(const Column& column) {
  std::vector<std::int64_t> counts(column.categories.size());
  for (const std::int32_t code : column.codes)
    if (code >= 0) ++counts[static_cast<std::size_t>(code)];
  return counts;
}

// The categories that the cells have, sorted.
std::vector<std::string> present_categories(const Column& column) {
  const std::vector<std::int64_t> counts = counts_of(column);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) out.push_back(column.categories[i]);
  std::sort(out.begin(), out.end());
  return out;
}

Operation scaling(double shift, double scale) { return {OperationKind::kAffine, shift, scale > 0 ? scale : 1}; }

Operation fill(const Impute& impute, const Column& column) {
  if (column.type == kCategories) {
    if (impute.categories == kConstant) return {OperationKind::kFillCategory, 0, 0, {impute.category}};
    const std::vector<std::int64_t> counts = counts_of(column);
    const auto most = std::max_element(counts.begin(), counts.end());
    if (most == counts.end() || *most == 0)
      fail_column(column, "has no value to learn from; drop it, or fill it with a constant");
    return {OperationKind::kFillCategory, 0, 0, {column.categories[static_cast<std::size_t>(most - counts.begin())]}};
  }
  switch (impute.numbers) {
    case kMean:
      return {OperationKind::kFillNumber, mean_of(present_numbers(column))};
    case kMedian:
      return {OperationKind::kFillNumber, quantile_of(sorted_numbers(column), 0.5)};
    case kMostFrequent:
      return {OperationKind::kFillNumber, mode_of(sorted_numbers(column))};
    case kConstant:
      return {OperationKind::kFillNumber, impute.number};
  }
  return {};
}

struct Fit {
  const Column& column;

  std::vector<Operation> operator()(const Impute& impute) const {
    std::vector<Operation> out;
    if (impute.indicator && column.missing() > 0) out.push_back({OperationKind::kIndicator});
    out.push_back(fill(impute, column));
    return out;
  }
  std::vector<Operation> operator()(const OneHot&) const {
    return {{OperationKind::kOneHot, 0, 0, present_categories(column)}};
  }
  std::vector<Operation> operator()(const Ordinal& ordinal) const {
    const std::vector<std::string> present = present_categories(column);
    const auto order = ordinal.order.find(column.name);
    if (order == ordinal.order.end()) return {{OperationKind::kOrdinal, 0, 0, present}};
    for (const std::string& category : present)
      if (std::find(order->second.begin(), order->second.end(), category) == order->second.end())
        fail_column(column, "has the category '" + detail::printable(category) + "', which its order lacks");
    return {{OperationKind::kOrdinal, 0, 0, order->second}};
  }
  std::vector<Operation> operator()(const Standardize&) const {
    const std::vector<double> numbers = present_numbers(column);
    const double mean = mean_of(numbers);
    return {scaling(mean, deviation_of(numbers, mean))};
  }
  std::vector<Operation> operator()(const MinMax& bounds) const {
    const std::vector<double> sorted = sorted_numbers(column);
    const double span = sorted.back() - sorted.front();
    const double scale = span > 0 ? span / (bounds.high - bounds.low) : 1;
    return {{OperationKind::kAffine, sorted.front() - bounds.low * scale, scale}};
  }
  std::vector<Operation> operator()(const Robust&) const {
    const std::vector<double> sorted = sorted_numbers(column);
    return {scaling(quantile_of(sorted, 0.5), quantile_of(sorted, 0.75) - quantile_of(sorted, 0.25))};
  }
  std::vector<Operation> operator()(const Log&) const { return {{OperationKind::kLog}}; }
  std::vector<Operation> operator()(const Clip& clip) const {
    const std::vector<double> sorted = sorted_numbers(column);
    return {{OperationKind::kClip, quantile_of(sorted, clip.low), quantile_of(sorted, clip.high)}};
  }
};

struct Check {
  template <class... Args>
  [[noreturn]] static void refuse(const Args&... args) {
    fail_at<ValueError>("pipeline", "", args...);
  }
  void operator()(const Impute& impute) const {
    if (impute.categories != kMostFrequent && impute.categories != kConstant)
      refuse("Impute has a mean or median for categories; kMostFrequent and kConstant are there for them");
    if (!std::isfinite(impute.number)) refuse("Impute's constant is ", impute.number, "; it must be finite");
    if (impute.category.find('\0') != std::string::npos) refuse("Impute's category holds a NUL byte");
  }
  void operator()(const Ordinal& ordinal) const {
    for (const auto& [name, order] : ordinal.order) {
      std::vector<std::string> sorted = order;
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        refuse("Ordinal's order of column '", detail::printable(name), "' has a category twice");
    }
  }
  void operator()(const MinMax& bounds) const {
    if (!(bounds.low < bounds.high) || !std::isfinite(bounds.high - bounds.low))
      refuse("MinMax's bounds are ", bounds.low, " and ", bounds.high, "; low must be below high, both finite");
  }
  void operator()(const Clip& clip) const {
    if (!(clip.low >= 0 && clip.low < clip.high && clip.high <= 1))
      refuse("Clip's quantiles are ", clip.low, " and ", clip.high, "; 0 <= low < high <= 1 is the rule");
  }
  void operator()(const OneHot&) const {}
  void operator()(const Standardize&) const {}
  void operator()(const Robust&) const {}
  void operator()(const Log&) const {}
};

}  // namespace

void check_transform(const Transform& transform) { std::visit(Check{}, transform); }

const std::vector<std::string>& columns_of(const Transform& transform) {
  return std::visit([](const auto& t) -> const std::vector<std::string>& { return t.columns; }, transform);
}

const char* name_of(const Transform& transform) {
  // In the order of the variant.
  constexpr const char* kNames[] = {"Impute", "OneHot", "Ordinal", "Standardize", "MinMax", "Robust", "Log", "Clip"};
  static_assert(std::size(kNames) == std::variant_size_v<Transform>);
  return kNames[transform.index()];
}

bool takes(const Transform& transform, const Cells& cells) {
  if (cells.is_encoded) return false;
  if (std::holds_alternative<Impute>(transform)) return true;
  const bool wants_categories = std::holds_alternative<OneHot>(transform) || std::holds_alternative<Ordinal>(transform);
  return wants_categories == (cells.column.type == kCategories);
}

std::vector<Operation> fit_column(const Transform& transform, const Cells& cells) {
  return std::visit(Fit{cells.column}, transform);
}

}  // namespace weft::data
