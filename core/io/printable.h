// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace weft::detail {

// The bytes as they may stand in an error: whole UTF-8 characters stay, control characters and all other bytes become
// "\x1f". Cut behind `most` characters, "..." then follows.
std::string printable(std::string_view bytes, std::size_t most = 40);

// True for text that is whole UTF-8 without control characters.
bool is_clean_text(std::string_view bytes);

}  // namespace weft::detail
