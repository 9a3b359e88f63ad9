// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ir/graph.h"

namespace weft::testing {

// The graph that a pass makes of a graph, both as text. Dead nodes are taken out, and the result passes the verifier.
// The text begins with a line break.
std::string after(const std::function<ir::Graph(const ir::Graph&)>& pass, std::string_view text);

// The text with each first part of a pair replaced by the second wherever it stands, one pair after the other; a
// failure where it stands nowhere.
std::string with(std::string text, const std::vector<std::pair<std::string, std::string>>& changes);

}  // namespace weft::testing
