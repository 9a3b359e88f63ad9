// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "core/ir/graph.h"

namespace weft::ir {

// The graph of a text in the form of print.h, which passes verify(): print(read(text)) == text for every text of
// print(). Throws FormatError with line and column for a text of another form, and for opaque attributes. Specs are not
// checked against the ops' shape rules, because ir knows no op: verify() takes the rules as `infer`.
Graph read(std::string_view text);

}  // namespace weft::ir
