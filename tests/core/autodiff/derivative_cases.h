// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "core/ops/op.h"

namespace weft::testing {

// A function of f64 tensors whose derivatives are compared with finite differences, and where its arguments lie.
struct Case {
  std::string name;
  std::vector<Shape> shapes;
  std::function<std::vector<ops::Value>(ops::Builder&, const std::vector<ops::Value>&)> build;
  double low = -1.5, high = 1.5;
};

// Rows for every differentiable op but the elementwise functions.
std::vector<Case> structured_cases();
// Rows for every smooth elementwise function, with broadcasting: positive arguments, and negative ones in its domain.
std::vector<Case> elementwise_cases();

}  // namespace weft::testing
