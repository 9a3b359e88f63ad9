// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "weft/detail/export.h"
#include "weft/tensor.h"

namespace weft WEFT_EXPORT {
namespace data {

// Layout of a CSV file.
struct CsvOptions {
  char separator = ',';  // between fields; ValueError for a letter, a digit, one of "+-. and an end of a line
  bool header = false;   // the first line names the columns
};

// A table of numbers.
struct Csv {
  std::vector<std::string> names;  // empty without a header
  Tensor values;                   // f64 (rows, columns), on the host
};

// Reads a table of numbers, plain or gzipped, in UTF-8 with or without its mark. Blank lines are skipped; a number too
// small for a double is 0. FormatError with file, line and field for what is no number, a line with more or fewer
// fields than the first, a name given twice, a header whose fields are all numbers without quotes, or a file without
// rows.
Csv read_csv(const std::filesystem::path& path, const CsvOptions& options = {});

}  // namespace data
}  // namespace weft
