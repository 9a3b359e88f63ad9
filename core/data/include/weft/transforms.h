// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "weft/detail/export.h"

// Changes of a table's columns before a model reads them. A transform learns its numbers from the training part.
// `columns` names the columns that it takes; without names it takes all inputs of its type, and never the target.
namespace weft WEFT_EXPORT {
namespace data {

// Ways to find the value of a missing cell.
enum ImputeBy {
  kMean,          // mean of the column
  kMedian,        // median of the column
  kMostFrequent,  // the mode: the least of the most frequent values
  kConstant,      // a value that is given
};

// Gives missing cells a value. ValueError in fit() for a column without any value, unless the value is a constant.
struct Impute {
  ImputeBy numbers = kMedian;           // for columns of numbers
  ImputeBy categories = kMostFrequent;  // for columns of categories: kMostFrequent or kConstant
  double number = 0;                    // the constant for numbers
  std::string category = "missing";     // the constant for categories
  bool indicator = false;  // adds a column "age missing" of 0 and 1 for each that lacks values in the training part
  std::vector<std::string> columns{};  // names; none: all inputs
};

// A column of 0 and 1 for each category of the training part, named "sex=male", in place of the column. A cell of
// another category is 0 in all of them. Transforms that come later leave these columns alone.
struct OneHot {
  std::vector<std::string> columns{};  // names; none: all inputs of categories
};

// The place of each category as a number, counted from 0; -1 for a category that the training part lacks.
struct Ordinal {
  std::map<std::string, std::vector<std::string>> order{};  // categories by column, in their order; others are sorted
  std::vector<std::string> columns{};                       // names; none: all inputs of categories
};

// (x - mean) / standard deviation, whose divisor is the number of rows. A constant column becomes 0.
struct Standardize {
  std::vector<std::string> columns{};  // names; none: all inputs of numbers
};

// The least number becomes `low`, the largest `high`, the others in proportion. A constant column becomes `low`.
struct MinMax {
  double low = 0, high = 1;            // bounds of the training part
  std::vector<std::string> columns{};  // names; none: all inputs of numbers
};

// (x - median) / (third quartile - first quartile), which outliers hardly move. The divisor is 1 where it would be 0.
struct Robust {
  std::vector<std::string> columns{};  // names; none: all inputs of numbers
};

// log(1 + x). ValueError for a number that is not above -1.
struct Log {
  std::vector<std::string> columns{};  // names; none: all inputs of numbers
};

// Numbers below the quantile `low` of the training part become that quantile, those above `high` that one. Quantiles
// between two numbers are interpolated.
struct Clip {
  double low = 0.01, high = 0.99;      // 0 <= low < high <= 1
  std::vector<std::string> columns{};  // names; none: all inputs of numbers
};

// Any of them.
using Transform = std::variant<Impute, OneHot, Ordinal, Standardize, MinMax, Robust, Log, Clip>;

}  // namespace data
}  // namespace weft
