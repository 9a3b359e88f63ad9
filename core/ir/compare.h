// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ir/graph.h"

namespace weft::ir {

// True if two graphs are the same program: the same nodes in the same order, inputs and outputs alike, regions of one
// kind compared by content. Doubles compare by their bits, and layer paths do not count.
bool same(const Graph& a, const Graph& b);

// The same for attributes.
bool same(const Attributes& a, const Attributes& b);

}  // namespace weft::ir
