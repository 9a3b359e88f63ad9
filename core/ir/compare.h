// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::ir {

// True if two graphs are the same program: equal nodes in the same order, with equal inputs, outputs and regions.
// Layer paths are ignored.
bool same(const Graph& a, const Graph& b);

}  // namespace weft::ir
