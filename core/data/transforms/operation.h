// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "weft/table.h"

namespace weft::data {

// A fitted transform of one column. The values are those of files: none may change.
enum class OperationKind : std::int64_t {
  kFillNumber = 0,    // missing cells become a
  kFillCategory = 1,  // missing cells become texts[0]
  kIndicator = 2,     // a further column of 0 and 1: the cell is missing
  kOneHot = 3,        // a column of 0 and 1 for each of the texts
  kOrdinal = 4,       // the place in the texts, -1 without one
  kAffine = 5,        // (x - a) / b
  kLog = 6,           // log(1 + x)
  kClip = 7,          // between a and b
};
inline constexpr std::int64_t kOperationKinds = 8;

struct Operation {
  OperationKind kind{};
  double a = 0, b = 0;
  std::vector<std::string> texts{};
};

// A column on its way through the operations.
struct Cells {
  explicit Cells(Column given) : column(std::move(given)) {}

  struct Feature {
    std::string name;
    std::vector<float> values;
  };
  Column column;                    // what is left to transform
  bool is_encoded = false;          // one-hot columns have taken its place
  std::vector<Feature> features{};  // finished columns
  std::int64_t unseen = 0;          // cells of an unknown category

  // ValueError as Pipeline::apply() has it.
  void apply(const Operation& operation);
  // The finished columns, with what is left of the column in front. ValueError for missing cells, categories, and
  // numbers that are not finite.
  std::vector<Feature> finished() &&;
};

// Cells without a value, or a text: "column 'age' ...".
[[noreturn]] void fail_column(const Column& column, const std::string& message);

// Takes an operation on numbers back.
double inverse(const Operation& operation, double x);

}  // namespace weft::data
