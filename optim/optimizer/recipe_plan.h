// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <utility>
#include <vector>

#include "weft/recipe.h"

namespace weft::detail {

// The state that a recipe keeps for parameters of some shapes. Shapes without elements are left out.
struct RecipePlan {
  bool elementwise = true;                          // one update moves all of them
  std::vector<std::pair<Shape, KeptValues>> state;  // by the parameter's shape

  // The state for a shape; empty if the plan has no such shape.
  KeptValues state_of(const Shape& shape) const;
  // True if one update may move the parameters of both plans.
  bool joins(const RecipePlan& other) const;
};
// Traces the recipe's update and runs nothing.
RecipePlan plan_of(const Recipe& recipe, const std::vector<Shape>& shapes);

}  // namespace weft::detail
