// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <vector>

#include "weft/optimizer.h"

namespace weft::detail {

// How many tensors of a parameter's shape a recipe keeps beside it.
std::size_t moment_count(const Recipe& recipe);
const Schedule& schedule_of(const Recipe& recipe);
// ValueError for a number outside its domain.
void check_recipe(const Recipe& recipe);

struct Moved {
  Tensor parameter;
  std::vector<Tensor> moments;
};

// One step of a recipe. `rate` and `number` (of the update, from 1) are f64(): Python's floats, which PyTorch computes
// bias corrections in; everything else has the parameter's dtype.
Moved step(const Recipe& recipe, const Tensor& parameter, const Tensor& gradient, const std::vector<Tensor>& moments,
           const Tensor& rate, const Tensor& number);

}  // namespace weft::detail
