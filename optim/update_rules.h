// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <vector>

#include "optim/group_rows.h"
#include "weft/optimizer.h"

namespace weft::detail {

// How many tensors of a parameter's shape a recipe keeps beside it.
std::size_t moment_count(const Recipe& recipe);
const Schedule& schedule_of(const Recipe& recipe);
// Whether the recipes differ in numbers alone, so that groups of both are updated together.
bool same_rule(const Recipe& a, const Recipe& b);
// ValueError for a number outside its domain.
void check_recipe(const Recipe& recipe);

// What is moved: tensors of the shape and with the groups of `rows`. `recipes` are those of the groups.
struct Moving {
  std::vector<Recipe> recipes;
  const GroupRows& rows;
  Tensor parameter, gradient;
  std::vector<Tensor> moments;
};
struct Moved {
  Tensor parameter;
  std::vector<Tensor> moments;
};

// One step of recipes that have the same rule. `rate`, f64() or f64(groups), and `number` (of the update, from 1),
// f64(), are Python's floats, which PyTorch computes bias corrections in; everything else has the parameter's dtype.
Moved step(const Moving& moving, const Tensor& rate, const Tensor& number);

}  // namespace weft::detail
