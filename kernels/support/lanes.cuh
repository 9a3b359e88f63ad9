// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <bit>
#include <cstdint>

#include "kernels/support/grid.cuh"
#include "weft/cuda_kernel.h"

// How the kThreads threads of a block share out a reduction: `lanes` of them work on one result, and `slots` results
// lie side by side in the block. Threads that are neighbours in x read neighbours in memory: lanes where the reduced
// axis is the innermost one, slots where it is not.
namespace weft::kernels {

struct LaneLayout {
  bool rows = true;  // lanes run along x
  int lanes = 1, slots = kThreads;

  dim3 block() const {
    return rows ? dim3(static_cast<unsigned>(lanes), static_cast<unsigned>(slots))
                : dim3(static_cast<unsigned>(slots), static_cast<unsigned>(lanes));
  }
  unsigned tiles(std::int64_t results) const { return static_cast<unsigned>((results + slots - 1) / slots); }
};

// A layout for `results` results of `count` elements each; it follows from these numbers alone.
inline LaneLayout lane_layout(bool rows, std::int64_t results, std::int64_t count) {
  const auto power = [](std::int64_t n, std::int64_t most) {
    return static_cast<int>(std::bit_ceil(static_cast<std::uint64_t>(std::clamp<std::int64_t>(n, 1, most))));
  };
  LaneLayout layout;
  layout.rows = rows;
  if (rows) {
    layout.lanes = std::max(power(count, 32), power(count / 8, kThreads));  // 8 elements for each of many lanes
    layout.slots = kThreads / layout.lanes;
  } else {
    layout.slots = power(results, 32);
    layout.lanes = kThreads / layout.slots;
  }
  return layout;
}

// A thread's place in such a block.
struct Lane {
  int lane, lanes, slot, slots;
  int step;  // from one lane's cell of a shared array to the next one's
  int cell, first;

  __device__ explicit Lane(bool rows)
      : lane(static_cast<int>(rows ? threadIdx.x : threadIdx.y)),
        lanes(static_cast<int>(rows ? blockDim.x : blockDim.y)),
        slot(static_cast<int>(rows ? threadIdx.y : threadIdx.x)),
        slots(static_cast<int>(rows ? blockDim.y : blockDim.x)),
        step(rows ? 1 : slots),
        cell(static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x)),
        first(cell - lane * step) {}
  __device__ std::int64_t result() const { return static_cast<std::int64_t>(blockIdx.x) * slots + slot; }
};

// Joins the lanes' values by merge(into, from), in a fixed tree; every lane of the slot gets the outcome. All threads
// of the block must call it. `cells` is a shared array of kThreads.
template <class V, class Merge>
__device__ V over_lanes(V* cells, const V& mine, const Lane& t, Merge merge) {
  __syncthreads();  // the cells may still be read from the last time
  cells[t.cell] = mine;
  for (int half = t.lanes / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t.lane < half) merge(cells[t.cell], cells[t.cell + half * t.step]);
  }
  __syncthreads();
  return cells[t.first];
}

}  // namespace weft::kernels
