// SPDX-License-Identifier: Apache-2.0
#include "weft/pipeline.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <variant>

#include "core/base/check.h"
#include "core/data/transforms/fit_column.h"
#include "core/data/transforms/operation.h"
#include "core/data/transforms/pipeline_state.h"
#include "core/io/host_memory.h"
#include "core/io/printable.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"

namespace weft::data {
namespace {

template <class... Args>
[[noreturn]] void refuse(const Args&... args) {
  fail_at<ValueError>("pipeline", "", args...);
}

bool names_column(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_transforms(const std::vector<Transform>& transforms, const Table& train) {
  for (const Transform& transform : transforms) {
    check_transform(transform);
    for (const std::string& name : columns_of(transform)) train.column(name);
    if (const auto* ordinal = std::get_if<Ordinal>(&transform))
      for (const auto& [name, order] : ordinal->order) train.column(name);
  }
}

// The operations on one column; `cells` are then as the last one leaves them.
FittedColumn fitted(const std::vector<Transform>& transforms, Cells& cells, bool is_target) {
  FittedColumn out{cells.column.name, cells.column.type};
  for (const Transform& transform : transforms) {
    const bool named = names_column(columns_of(transform), out.name);
    if (!named && (is_target || !columns_of(transform).empty())) continue;
    if (named && is_target && (out.type != kNumbers || std::holds_alternative<Impute>(transform)))
      fail_column(cells.column, cat("is the target; ", name_of(transform),
                                    " is for inputs, a target of numbers takes Standardize and its like"));
    if (!takes(transform, cells)) {
      if (named)
        fail_column(cells.column, cat("holds ",
                                      cells.is_encoded                ? "one-hot columns"
                                      : cells.column.type == kNumbers ? "numbers"
                                                                      : "categories",
                                      "; ", name_of(transform), " takes others"));
      continue;
    }
    for (Operation& operation : fit_column(transform, cells)) {
      cells.apply(operation);
      out.operations.push_back(std::move(operation));
    }
  }
  return out;
}

// The table's column as the fitted one, whose type was learned from other rows: a column without any value has none.
Column as_fitted(const Table& table, const FittedColumn& fitted) {
  if (!table.contains(fitted.name))
    refuse("the table has no column '", detail::printable(fitted.name), "', which fit() saw");
  const Column& column = table.column(fitted.name);
  if (column.type == fitted.type) return column;
  if (column.missing() == column.size()) {
    const auto n = static_cast<std::size_t>(column.size());
    if (fitted.type == kCategories) return {column.name, kCategories, {}, std::vector<std::int32_t>(n, -1)};
    return number_column(column.name, std::vector<double>(n, std::numeric_limits<double>::quiet_NaN()));
  }
  const auto text = [](ColumnType type) { return type == kNumbers ? "numbers" : "categories"; };
  refuse("column '", detail::printable(fitted.name), "' holds ", text(column.type), ", fit() saw ", text(fitted.type),
         "; give its type to read_table");
}

void check_columns(const Table& table, const std::vector<FittedColumn>& inputs,
                   const std::optional<FittedColumn>& target) {
  for (const std::string& name : table.names()) {
    const bool known = (target && target->name == name) ||
                       std::any_of(inputs.begin(), inputs.end(), [&](const auto& c) { return c.name == name; });
    if (!known) refuse("column '", detail::printable(name), "' was not there in fit(); drop it");
  }
}

void check_target(const Column& column) {
  for (std::int64_t row = 0; row < column.size(); ++row)
    if (column.is_missing(row))
      fail_column(column, cat("is the target and has no value in row ", row, "; drop_missing() leaves such rows out"));
}

// The code of each cell among the classes.
std::vector<std::int64_t> class_codes(const Column& column, const std::vector<std::string>& classes) {
  std::vector<std::int64_t> out;
  for (const std::int32_t code : column.codes) {
    const std::string& text = column.categories[static_cast<std::size_t>(code)];
    const auto found = std::find(classes.begin(), classes.end(), text);
    if (found == classes.end())
      fail_column(column, "is the target; fit() did not see its category '" + detail::printable(text) + "'");
    out.push_back(found - classes.begin());
  }
  return out;
}

Tensor target_of(const Table& table, const FittedColumn& target, const std::vector<std::string>& classes) {
  const std::int64_t rows = table.size();
  Column column = as_fitted(table, target);
  check_target(column);
  if (target.type == kCategories) {
    std::vector<std::int64_t> codes = class_codes(column, classes);
    if (classes.size() > 2) return detail::host_tensor(std::move(codes), {rows});
    return detail::host_tensor(std::vector<float>(codes.begin(), codes.end()), {rows, 1});
  }
  Cells cells(std::move(column));
  for (const Operation& operation : target.operations) cells.apply(operation);
  return detail::host_tensor(std::move(std::move(cells).finished()[0].values), {rows, 1});
}

}  // namespace

const Pipeline::State& Pipeline::state() const {
  if (!state_) refuse("the pipeline is not fitted; call fit() with the training part, or load() a fitted one");
  return *state_;
}

std::int64_t Pipeline::width() const { return static_cast<std::int64_t>(state().features.size()); }
const std::vector<std::string>& Pipeline::names() const { return state().features; }
const std::vector<std::string>& Pipeline::classes() const { return state().classes; }

Dataset Pipeline::fit(const Table& train) {
  if (is_loaded_) refuse("a loaded pipeline has no transforms left to fit; make one with them");
  if (train.size() == 0) refuse("the table has no rows to learn from");
  check_transforms(transforms_, train);
  return detail::allocating("pipeline", 0, [&] {
    State state;
    for (const std::string& name : train.names()) {
      Cells cells(train.column(name));
      if (name == train.target()) check_target(cells.column);
      FittedColumn column = fitted(transforms_, cells, name == train.target());
      if (name == train.target()) {
        state.classes = train.column(name).categories;
        state.target = std::move(column);
      } else {
        for (const Cells::Feature& feature : std::move(cells).finished()) state.features.push_back(feature.name);
        state.inputs.push_back(std::move(column));
      }
    }
    if (state.features.empty()) refuse("the table has no inputs: no column but the target gives one");
    Pipeline done = *this;
    done.state_ = std::make_shared<const State>(std::move(state));
    Dataset out = done.transformed(train);
    *this = std::move(done);
    return out;
  });
}

Dataset Pipeline::apply(const Table& table) {
  return detail::allocating("pipeline", 0, [&] { return transformed(table); });
}

Dataset Pipeline::transformed(const Table& table) {
  const State& fitted = state();
  check_columns(table, fitted.inputs, fitted.target);
  const auto rows = static_cast<std::size_t>(table.size()), width = fitted.features.size();
  std::vector<float> values(rows * width);
  std::map<std::string, std::int64_t> unseen;
  std::size_t at = 0;
  for (const FittedColumn& input : fitted.inputs) {
    Cells cells(as_fitted(table, input));
    for (const Operation& operation : input.operations) cells.apply(operation);
    if (cells.unseen > 0) unseen[input.name] = cells.unseen;
    for (const Cells::Feature& feature : std::move(cells).finished()) {
      for (std::size_t row = 0; row < rows; ++row) values[row * width + at] = feature.values[row];
      ++at;
    }
  }
  std::vector<Tensor> columns{detail::host_tensor(std::move(values), {table.size(), static_cast<std::int64_t>(width)})};
  if (fitted.target && table.contains(fitted.target->name))
    columns.push_back(target_of(table, *fitted.target, fitted.classes));
  unseen_ = std::move(unseen);
  return Dataset(std::move(columns));
}

Tensor Pipeline::invert_target(const Tensor& predictions) const {
  const State& fitted = state();
  if (!fitted.target || fitted.target->type != kNumbers)
    refuse("the target is ", fitted.target ? "categories, whose names are classes()" : "not there",
           "; predictions of numbers are inverted");
  if (!is_floating(predictions.dtype()))
    fail_at<DTypeError>("pipeline", "", "predictions are ", predictions.dtype(), "; they must be of a floating type");
  const std::vector<double> given = predictions.to(DType::kF64).to_vector<double>();
  std::vector<float> out;
  out.reserve(given.size());
  const auto& operations = fitted.target->operations;
  for (double x : given) {
    for (auto operation = operations.rbegin(); operation != operations.rend(); ++operation) x = inverse(*operation, x);
    out.push_back(static_cast<float>(x));
  }
  return detail::host_tensor(std::move(out), predictions.shape()).to(predictions.device());
}

}  // namespace weft::data
