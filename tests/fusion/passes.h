// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "core/ir/graph.h"

namespace weft::fusion {

// What a pass makes of a graph given as text, dead nodes taken out, as text that begins with a line break. The result
// passes the verifier.
std::string after(ir::Graph (*pass)(const ir::Graph&), std::string_view text);

}  // namespace weft::fusion
