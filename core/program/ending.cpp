// SPDX-License-Identifier: Apache-2.0
#include "core/program/ending.h"

#include <algorithm>
#include <string>
#include <vector>

namespace weft::elementwise {

std::optional<Fn> join_of(const ir::Node& node) {
  const std::string& op = node.op.name();
  if (op == "sum") return Fn::kAdd;
  if (op == "max") return Fn::kMaximum;
  if (op == "min") return Fn::kMinimum;
  return std::nullopt;
}

std::optional<End> end_of(const Shape& shape, const ir::Ints& axes) {
  std::vector<bool> reduced;  // for the axes longer than 1
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] != 1) reduced.push_back(std::find(axes.begin(), axes.end(), axis) != axes.end());
  if (std::is_sorted(reduced.begin(), reduced.end())) return End::kTrailing;
  if (std::is_sorted(reduced.rbegin(), reduced.rend())) return End::kLeading;
  return std::nullopt;
}

}  // namespace weft::elementwise
