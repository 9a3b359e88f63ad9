// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "core/ir/graph.h"

namespace weft::ir {

// The graph of a text in the form of print.h: print(read(text)) == text for every text that print() wrote, and the
// graph passes verify(). Throws FormatError with line and column for any other text, and for opaque attributes. Shapes
// are taken as they stand: whether they follow from the ops, verify() tells with the ops' rules.
Graph read(std::string_view text);

}  // namespace weft::ir
