// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tests/kernels/support/harness.h"

namespace weft::testing {

// A body for op "pointwise" with operands for it.
struct Region {
  std::string name;
  std::shared_ptr<const ir::Graph> body;
  std::vector<HostTensor> inputs;
};

// Regions that between them hold every kind of instruction, broadcasts, constants, several outputs and all dtypes.
std::vector<Region> regions();

ir::Node node_of(const Region& region);

}  // namespace weft::testing
