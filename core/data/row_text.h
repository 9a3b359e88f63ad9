// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace weft::detail {

// "row 4", "rows 4, 9, 2", "rows 4, 9, 2 and 29 more": rows in messages.
std::string row_text(std::span<const std::int64_t> rows);

}  // namespace weft::detail
