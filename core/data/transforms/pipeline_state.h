// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "core/data/transforms/operation.h"
#include "weft/pipeline.h"

namespace weft::data {

// A column with what becomes of it.
struct FittedColumn {
  std::string name;
  ColumnType type = kNumbers;
  std::vector<Operation> operations{};
};

struct Pipeline::State {
  std::vector<FittedColumn> inputs;
  std::optional<FittedColumn> target;
  std::vector<std::string> classes;   // of a target of categories
  std::vector<std::string> features;  // names of the inputs' columns
};

}  // namespace weft::data
