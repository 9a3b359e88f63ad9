// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cuda_runtime.h>

#include <algorithm>
#include <bit>
#include <cstdint>

// Layout of a reduction in a thread block: teams of `team` threads, each for one result, and `slots` results side by
// side. Threads that are neighbors in x read neighbors in memory: those of a team if the reduced axis is the innermost
// one, else those of different slots.
namespace weft::kernels {

struct TeamLayout {
  static constexpr int kBlock = 256;  // threads

  bool rows = true;  // the threads of a team run along x
  int team = 1, slots = kBlock;

  dim3 block() const {
    return rows ? dim3(static_cast<unsigned>(team), static_cast<unsigned>(slots))
                : dim3(static_cast<unsigned>(slots), static_cast<unsigned>(team));
  }
  unsigned tiles(std::int64_t results) const { return static_cast<unsigned>((results + slots - 1) / slots); }
};

// A layout for `results` results of `count` elements each; it follows from these numbers alone.
inline TeamLayout team_layout(bool rows, std::int64_t results, std::int64_t count) {
  const auto power = [](std::int64_t n, std::int64_t most) {
    return static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>(std::clamp<std::int64_t>(n, 1, most))));
  };
  TeamLayout layout;
  layout.rows = rows;
  if (rows) {
    layout.team =
        std::max(power(count, 32), power(count / 8, TeamLayout::kBlock));  // 8 elements for each thread of a large team
    layout.slots = TeamLayout::kBlock / layout.team;
  } else {
    layout.slots = power(results, 32);
    layout.team = TeamLayout::kBlock / layout.slots;
  }
  return layout;
}

}  // namespace weft::kernels
