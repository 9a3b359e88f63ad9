// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "core/ir/graph.h"

namespace weft::testing {

struct ModelStep {
  std::string name;
  ir::Graph graph;  // fused, as it runs
};

// Training steps of the kinds of model that the tests and examples train.
std::vector<ModelStep> model_steps();

}  // namespace weft::testing
