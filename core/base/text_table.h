// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace weft::detail {

// Rows as lines of text in aligned columns, two spaces apart. `sides` has a letter for each column: 'l' to the left,
// 'r' to the right. No line ends in spaces.
std::string text_table(const std::vector<std::vector<std::string>>& rows, std::string_view sides);

}  // namespace weft::detail
