// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/plan/plan.h"

namespace weft::testing {
using namespace plan;

// Runs a plan on a memory of labels: every node writes the name of each of its outputs where the plan puts it, and
// checks first that the bytes it reads still hold the names it expects. The copies after the run are made too. Returns
// the first thing that goes wrong, or "". It knows nothing of lifetimes; it only sees what is overwritten.
std::string simulate(const ir::Graph& graph, const Options& options, const Plan& plan);

}  // namespace weft::testing
