// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/plot/scene.h"

namespace weft::detail {

inline constexpr Color kInk{28, 39, 51}, kSoft{102, 114, 127}, kGrid{227, 232, 237}, kWhite{255, 255, 255};

// Colors of curves and classes, told apart by color-blind readers, too. Source: M. Okabe and K. Ito, "Color Universal
// Design" (2008); yellow stands last, because it is weak on white.
inline constexpr std::array<Color, 8> kPalette{{{0, 114, 178},
                                                {213, 94, 0},
                                                {0, 158, 115},
                                                {204, 121, 167},
                                                {230, 159, 0},
                                                {86, 180, 233},
                                                {0, 0, 0},
                                                {240, 228, 66}}};

// Color of the curve or class with this number; colors repeat.
inline Color color_of(std::size_t number) { return kPalette[number % kPalette.size()]; }

// The color on white paper: share 1 is the color, 0 is white.
inline Color tint(Color color, double share) {
  const auto mix = [share](std::uint8_t part) {
    return static_cast<std::uint8_t>(std::lround(255 + share * (part - 255)));
  };
  return {mix(color.red), mix(color.green), mix(color.blue)};
}

}  // namespace weft::detail
