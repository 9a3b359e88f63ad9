// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ir/graph.h"

namespace weft::testing {

// What a pass makes of a graph given as text, dead nodes taken out, as text that begins with a line break. The result
// passes the verifier.
std::string after(const std::function<ir::Graph(const ir::Graph&)>& pass, std::string_view text);

// The text with each first part of a pair replaced by the second wherever it stands, one pair after the other; a
// failure where it stands nowhere.
std::string with(std::string text, const std::vector<std::pair<std::string, std::string>>& changes);

}  // namespace weft::testing
