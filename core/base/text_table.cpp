// SPDX-License-Identifier: Apache-2.0
#include "core/base/text_table.h"

#include <algorithm>
#include <cstddef>

namespace weft::detail {

std::string text_table(const std::vector<std::vector<std::string>>& rows, std::string_view sides) {
  std::vector<std::size_t> width(sides.size());
  for (const auto& row : rows)
    for (std::size_t c = 0; c < sides.size(); ++c) width[c] = std::max(width[c], row[c].size());
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < sides.size(); ++c) {
      const std::string pad(width[c] - row[c].size(), ' ');
      line += (c == 0 ? "" : "  ") + (sides[c] == 'l' ? row[c] + pad : pad + row[c]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace weft::detail
