// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "core/data/transforms/operation.h"
#include "core/data/transforms/pipeline_state.h"
#include "core/io/host_memory.h"
#include "core/io/printable.h"
#include "weft/detail/host_allocation.h"
#include "weft/error.h"
#include "weft/pipeline.h"
#include "weft/safetensors.h"

namespace weft::data {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr const char* kPrefix = "transforms/";

using Texts = std::vector<std::string>;
using Ints = std::vector<std::int64_t>;

// Each text with a NUL behind it, which no text holds.
Tensor packed(const Texts& texts) {
  std::vector<std::uint8_t> bytes;
  for (const std::string& text : texts) {
    bytes.insert(bytes.end(), text.begin(), text.end());
    bytes.push_back(0);
  }
  const std::int64_t size = std::ssize(bytes);
  return detail::host_tensor(std::move(bytes), {size});
}

class StateReader {
 public:
  StateReader(const SafetensorsFile& file, std::string path) : file_(file), path_(std::move(path)) {}

  [[noreturn]] void fail(const std::string& message) const { fail_at<FormatError>("pipeline", path_, message); }

  template <class T>
  std::vector<T> values(const std::string& name, int rank) const {
    if (!file_.contains(cat(kPrefix, name)))
      fail("there is no fitted pipeline: tensor '" + cat(kPrefix, name) + "' is missing");
    const TensorSpec& spec = file_.spec(cat(kPrefix, name));
    if (spec.dtype != dtype_of<T>() || spec.shape.rank() != rank)
      fail("tensor '" + cat(kPrefix, name) + "' is " + spec.text() + "; " + std::string(name_of(dtype_of<T>())) +
           " with " + std::to_string(rank) + " axes is expected");
    return file_.tensor(cat(kPrefix, name)).to_vector<T>();
  }

  Texts texts(const std::string& name) const {
    const std::vector<std::uint8_t> bytes = values<std::uint8_t>(name, 1);
    if (!bytes.empty() && bytes.back() != 0) fail("the texts of '" + cat(kPrefix, name) + "' have no end");
    Texts out;
    for (auto at = bytes.begin(); at != bytes.end();) {
      const auto end = std::find(at, bytes.end(), std::uint8_t{0});
      out.emplace_back(at, end);
      at = end + 1;
    }
    return out;
  }

  void require(bool holds, const char* what) const {
    if (!holds) fail(std::string("the state of the pipeline does not fit together: ") + what);
  }

 private:
  const SafetensorsFile& file_;
  std::string path_;
};

void check_operation(const Operation& operation, ColumnType type, const StateReader& reader) {
  const bool is_category = operation.kind == OperationKind::kFillCategory || operation.kind == OperationKind::kOneHot ||
                           operation.kind == OperationKind::kOrdinal;
  const bool is_any = operation.kind == OperationKind::kIndicator;
  reader.require(is_any || is_category == (type == kCategories), "an operation is for another type of column");
  reader.require(std::isfinite(operation.a) && std::isfinite(operation.b), "a number is not finite");
  reader.require(operation.kind != OperationKind::kFillCategory || operation.texts.size() == 1, "a fill has one text");
  reader.require(is_category || operation.texts.empty(), "an operation on numbers has texts");
  reader.require(operation.kind != OperationKind::kAffine || operation.b != 0, "a divisor is 0");
  reader.require(operation.kind != OperationKind::kClip || operation.a <= operation.b,
                 "bounds are the wrong way round");
  reader.require(std::set(operation.texts.begin(), operation.texts.end()).size() == operation.texts.size(),
                 "a text is given twice");
}

// The operations of each column, in the order of the columns.
void read_operations(std::vector<FittedColumn>& columns, const StateReader& reader) {
  const Ints kinds = reader.values<std::int64_t>("operation_kinds", 1);
  const Ints of_column = reader.values<std::int64_t>("operation_columns", 1);
  const Ints counts = reader.values<std::int64_t>("operation_texts", 1);
  const std::vector<double> numbers = reader.values<double>("operation_numbers", 2);
  const Texts texts = reader.texts("texts");
  const std::size_t n = kinds.size();
  reader.require(of_column.size() == n && counts.size() == n && numbers.size() == 2 * n, "operations");
  std::size_t text = 0;
  for (std::size_t i = 0; i < n; ++i) {
    reader.require(kinds[i] >= 0 && kinds[i] < kOperationKinds, "a kind of operation is unknown");
    reader.require(of_column[i] >= 0 && of_column[i] < std::ssize(columns), "an operation is for no column");
    reader.require(counts[i] >= 0 && counts[i] <= std::ssize(texts) - static_cast<std::int64_t>(text), "texts");
    const auto begin = texts.begin() + static_cast<std::ptrdiff_t>(text);
    Operation operation{
        static_cast<OperationKind>(kinds[i]), numbers[2 * i], numbers[2 * i + 1], {begin, begin + counts[i]}};
    text += static_cast<std::size_t>(counts[i]);
    columns[static_cast<std::size_t>(of_column[i])].operations.push_back(std::move(operation));
  }
  reader.require(text == texts.size(), "texts are left over");
}

// Checks the operations of a column and gives the names of its features.
Texts features_of(const FittedColumn& column, const StateReader& reader) {
  Cells cells({column.name, column.type});
  for (const Operation& operation : column.operations) {
    reader.require(!cells.is_encoded, "an operation follows a one-hot");
    check_operation(operation, cells.column.type, reader);
    cells.apply(operation);
  }
  reader.require(cells.is_encoded || cells.column.type == kNumbers, "categories are left");
  Texts out;
  for (const Cells::Feature& feature : std::move(cells).finished()) out.push_back(feature.name);
  return out;
}

}  // namespace

std::vector<std::pair<std::string, Tensor>> Pipeline::tensors() const {
  const State& fitted = state();
  std::vector<FittedColumn> columns = fitted.inputs;
  if (fitted.target) columns.push_back(*fitted.target);
  Texts names, texts;
  Ints types, kinds, of_column, counts;
  std::vector<double> numbers;
  for (const FittedColumn& column : columns) {
    for (const Operation& operation : column.operations) {
      kinds.push_back(static_cast<std::int64_t>(operation.kind));
      of_column.push_back(std::ssize(names));
      counts.push_back(std::ssize(operation.texts));
      numbers.insert(numbers.end(), {operation.a, operation.b});
      texts.insert(texts.end(), operation.texts.begin(), operation.texts.end());
    }
    names.push_back(column.name);
    types.push_back(column.type);
  }
  const std::int64_t n = std::ssize(kinds), all = std::ssize(names);
  return {{cat(kPrefix, "version"), detail::host_tensor(Ints{kVersion}, {1})},
          {cat(kPrefix, "columns"), packed(names)},
          {cat(kPrefix, "column_types"), detail::host_tensor(types, {all})},
          {cat(kPrefix, "inputs"), detail::host_tensor(Ints{std::ssize(fitted.inputs)}, {1})},
          {cat(kPrefix, "classes"), packed(fitted.classes)},
          {cat(kPrefix, "operation_kinds"), detail::host_tensor(kinds, {n})},
          {cat(kPrefix, "operation_columns"), detail::host_tensor(of_column, {n})},
          {cat(kPrefix, "operation_texts"), detail::host_tensor(counts, {n})},
          {cat(kPrefix, "operation_numbers"), detail::host_tensor(numbers, {n, 2})},
          {cat(kPrefix, "texts"), packed(texts)}};
}

bool Pipeline::is_state(const std::string& name) { return name.starts_with(kPrefix); }

Pipeline Pipeline::load(const std::filesystem::path& path) {
  const SafetensorsFile file(path, {.map = false});
  const StateReader reader(file, path.string());
  return detail::allocating(
      "pipeline", 0,
      [&] {
        const Ints version = reader.values<std::int64_t>("version", 1);
        if (version != Ints{kVersion})
          reader.fail("the pipeline is of another version than " + std::to_string(kVersion) + ", which this one reads");
        const Texts names = reader.texts("columns");
        const Ints types = reader.values<std::int64_t>("column_types", 1);
        const Ints inputs = reader.values<std::int64_t>("inputs", 1);
        reader.require(types.size() == names.size() && std::set(names.begin(), names.end()).size() == names.size(),
                       "columns");
        reader.require(inputs.size() == 1 && inputs[0] >= 1 && inputs[0] <= std::ssize(names) &&
                           std::ssize(names) - inputs[0] <= 1,
                       "inputs and target");
        std::vector<FittedColumn> columns;
        for (std::size_t i = 0; i < names.size(); ++i) {
          reader.require(!names[i].empty() && detail::is_clean_text(names[i]), "a name");
          reader.require(types[i] == kNumbers || types[i] == kCategories, "a type of a column is unknown");
          columns.push_back({names[i], static_cast<ColumnType>(types[i])});
        }
        read_operations(columns, reader);
        auto state = std::make_shared<State>();
        state->classes = reader.texts("classes");
        reader.require(std::adjacent_find(state->classes.begin(), state->classes.end(), std::greater_equal<>()) ==
                           state->classes.end(),
                       "classes are not sorted");
        if (std::ssize(columns) > inputs[0]) {
          state->target = std::move(columns.back());
          columns.pop_back();
          const auto& target = *state->target;
          reader.require(target.type == kNumbers || target.operations.empty(), "the target");
          reader.require(target.type == kCategories || features_of(target, reader) == Texts{target.name}, "the target");
        }
        reader.require((state->target && state->target->type == kCategories) || state->classes.empty(), "classes");
        for (const FittedColumn& column : columns)
          for (std::string& name : features_of(column, reader)) state->features.push_back(std::move(name));
        reader.require(!state->features.empty(), "no column gives an input");
        state->inputs = std::move(columns);
        Pipeline out;
        out.state_ = std::move(state);
        out.is_loaded_ = true;
        return out;
      },
      path.string());
}

}  // namespace weft::data
