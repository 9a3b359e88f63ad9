// SPDX-License-Identifier: Apache-2.0
#include "core/data/transforms/operation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <string_view>

#include "core/base/check.h"
#include "core/io/printable.h"
#include "weft/error.h"

namespace weft::data {
namespace {

void fill_category(Column& column, const std::string& text) {
  auto& categories = column.categories;
  const auto place = std::find(categories.begin(), categories.end(), text) - categories.begin();
  if (place == std::ssize(categories)) categories.push_back(text);
  std::replace(column.codes.begin(), column.codes.end(), std::int32_t{-1}, static_cast<std::int32_t>(place));
}

// The place of each cell's category in `texts`, -1 without one.
std::vector<std::int32_t> places(const Column& column, const std::vector<std::string>& texts, std::int64_t& unseen) {
  if (const std::int64_t missing = column.missing(); missing > 0)
    fail_column(column, cat("has ", missing, " cells without a value; put an Impute before OneHot and Ordinal"));
  std::map<std::string_view, std::int32_t> index;
  for (std::size_t i = 0; i < texts.size(); ++i) index.emplace(texts[i], static_cast<std::int32_t>(i));
  std::vector<std::int32_t> place(column.categories.size(), -1), out;
  for (std::size_t code = 0; code < place.size(); ++code)
    if (const auto found = index.find(column.categories[code]); found != index.end()) place[code] = found->second;
  for (const std::int32_t code : column.codes) {
    out.push_back(place[static_cast<std::size_t>(code)]);
    if (out.back() < 0) ++unseen;
  }
  return out;
}

void take_logarithms(Column& column) {
  for (std::size_t row = 0; row < column.numbers.size(); ++row) {
    double& x = column.numbers[row];
    if (x <= -1) fail_column(column, cat("is ", x, " in row ", row, "; Log takes numbers above -1"));
    x = std::log1p(x);
  }
}

}  // namespace

void fail_column(const Column& column, const std::string& message) {
  fail_at<ValueError>("pipeline", "", "column '", detail::printable(column.name), "' ", message);
}

void Cells::apply(const Operation& operation) {
  auto& numbers = column.numbers;
  switch (operation.kind) {
    case OperationKind::kFillNumber:
      for (double& x : numbers) x = std::isnan(x) ? operation.a : x;
      return;
    case OperationKind::kFillCategory:
      fill_category(column, operation.texts[0]);
      return;
    case OperationKind::kIndicator: {
      Feature feature{column.name + " missing", {}};
      for (std::int64_t row = 0; row < column.size(); ++row)
        feature.values.push_back(column.is_missing(row) ? 1.0f : 0.0f);
      features.push_back(std::move(feature));
      return;
    }
    case OperationKind::kOneHot: {
      const std::vector<std::int32_t> hot = places(column, operation.texts, unseen);
      for (std::size_t i = 0; i < operation.texts.size(); ++i) {
        Feature feature{column.name + "=" + operation.texts[i], {}};
        for (const std::int32_t place : hot)
          feature.values.push_back(place == static_cast<std::int32_t>(i) ? 1.0f : 0.0f);
        features.push_back(std::move(feature));
      }
      is_encoded = true;
      return;
    }
    case OperationKind::kOrdinal: {
      const std::vector<std::int32_t> place = places(column, operation.texts, unseen);
      column = number_column(column.name, {place.begin(), place.end()});
      return;
    }
    case OperationKind::kAffine:
      for (double& x : numbers) x = (x - operation.a) / operation.b;
      return;
    case OperationKind::kLog:
      take_logarithms(column);
      return;
    case OperationKind::kClip:
      for (double& x : numbers) x = std::isnan(x) ? x : std::clamp(x, operation.a, operation.b);
      return;
  }
}

std::vector<Cells::Feature> Cells::finished() && {
  if (is_encoded) return std::move(features);
  if (column.type == kCategories) fail_column(column, "holds categories; give the pipeline a OneHot or Ordinal");
  if (const std::int64_t missing = column.missing(); missing > 0)
    fail_column(column, cat("has ", missing, " cells without a value; give the pipeline an Impute"));
  Feature left{column.name, {}};
  for (std::size_t row = 0; row < column.numbers.size(); ++row) {
    left.values.push_back(static_cast<float>(column.numbers[row]));
    if (!std::isfinite(left.values.back()))
      fail_column(column, cat("becomes ", left.values.back(), " in row ", row, "; numbers must be finite in f32"));
  }
  features.insert(features.begin(), std::move(left));
  return std::move(features);
}

double inverse(const Operation& operation, double x) {
  if (operation.kind == OperationKind::kAffine) return x * operation.b + operation.a;
  if (operation.kind == OperationKind::kLog) return std::expm1(x);
  return x;
}

}  // namespace weft::data
