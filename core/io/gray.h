// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace weft::detail {

// Luma of ITU-R BT.601 in fractions of 65536, rounded.
inline std::uint8_t gray_of(std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  return static_cast<std::uint8_t>((19595u * r + 38470u * g + 7471u * b + 32768u) >> 16);
}

}  // namespace weft::detail
