// SPDX-License-Identifier: Apache-2.0
#include "core/data/row_text.h"

namespace weft::detail {

std::string row_text(std::span<const std::int64_t> rows) {
  constexpr std::size_t kShown = 3;
  if (rows.empty()) return "no rows";
  std::string out = rows.size() == 1 ? "row " : "rows ";
  for (std::size_t i = 0; i < rows.size() && i < kShown; ++i) out += (i > 0 ? ", " : "") + std::to_string(rows[i]);
  if (rows.size() > kShown) out += " and " + std::to_string(rows.size() - kShown) + " more";
  return out;
}

}  // namespace weft::detail
