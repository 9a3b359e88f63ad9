// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::ir {

// True if two graphs are the same program: equal nodes in the same order, with equal inputs, outputs and regions.
// Doubles compare by their bits; layer paths are ignored.
bool same(const Graph& a, const Graph& b);

// True if names and values are equal, doubles by their bits: 0.0 and -0.0 differ.
bool same(const Attributes& a, const Attributes& b);

}  // namespace weft::ir
