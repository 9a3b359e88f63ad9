// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/common/cuda_team_layout.h"
#include "kernels/common/grid.cuh"
#include "weft/cuda_kernel.h"

// Reductions by the threads of a block; see cuda_team_layout.h.
namespace weft::kernels {

static_assert(kThreads == TeamLayout::kBlock);

// A thread's place in such a block.
struct TeamMember {
  int rank, team, slot, slots;
  int step;  // from one member's cell of a shared array to the next one's
  int cell, first;

  __device__ explicit TeamMember(bool rows)
      : rank(static_cast<int>(rows ? threadIdx.x : threadIdx.y)),
        team(static_cast<int>(rows ? blockDim.x : blockDim.y)),
        slot(static_cast<int>(rows ? threadIdx.y : threadIdx.x)),
        slots(static_cast<int>(rows ? blockDim.y : blockDim.x)),
        step(rows ? 1 : slots),
        cell(static_cast<int>(threadIdx.y * blockDim.x + threadIdx.x)),
        first(cell - rank * step) {}
  __device__ std::int64_t result() const { return static_cast<std::int64_t>(blockIdx.x) * slots + slot; }
};

// Joins the team's values by merge(into, from), in a fixed tree; every member gets the outcome. All threads
// of the block must call it. `cells` is a shared array of kThreads.
template <class V, class Merge>
__device__ V over_team(V* cells, const V& mine, const TeamMember& t, Merge merge) {
  __syncthreads();  // the cells may still be read from the last time
  cells[t.cell] = mine;
  for (int half = t.team / 2; half > 0; half /= 2) {
    __syncthreads();
    if (t.rank < half) merge(cells[t.cell], cells[t.cell + half * t.step]);
  }
  __syncthreads();
  return cells[t.first];
}

}  // namespace weft::kernels
