// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>

#include "core/plan/plan.h"

namespace weft::plan {

inline constexpr std::int64_t kAlignment = 256;

inline std::int64_t padded(std::int64_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

struct Load {
  std::int64_t bytes = 0;
  std::int32_t node = 0;
};
// The most bytes of blocks in use at one of `times` nodes, with padding and red zones, and the first such node.
Load peak_load(std::span<const Block> blocks, std::int32_t times, std::int64_t red_zone);

// Gives every block an offset such that no two blocks in use at once overlap; returns the bytes of the arena. Several
// orders of placement are tried, until one reaches `enough`; each block goes to the smallest gap that holds it.
std::int64_t place(std::vector<Block>& blocks, std::int64_t red_zone, std::int64_t enough);

}  // namespace weft::plan
