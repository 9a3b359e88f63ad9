// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <bit>

#include "kernels/rows/cross_entropy_row.cuh"

// Cross entropy of short rows. At most a warp works on a row, and every thread keeps its few logits in registers.
namespace weft::kernels {

inline constexpr int kNarrowBlock = 256;  // threads
template <class T>
inline constexpr int kLaneLogits = 16 / sizeof(T);
template <class T>
inline constexpr std::int64_t kNarrowClasses = 32 * kLaneLogits<T>;

// Threads for one row: a power of two, for about four logits each.
template <class T>
int narrow_team(std::int64_t classes) {
  constexpr std::int64_t kAim = std::min(4, kLaneLogits<T>);
  return static_cast<int>(std::min<std::uint64_t>(
      32, std::bit_ceil(static_cast<std::uint64_t>(std::max<std::int64_t>(1, (classes + kAim - 1) / kAim)))));
}

template <class T, Targets targets>
__global__ void __launch_bounds__(kNarrowBlock)
    cross_entropy_narrow_kernel(CrossEntropy e, int team, CrossEntropyOperands<T> o) {
  using A = Compute<T>;
  constexpr int n = kLaneLogits<T>;
  const int rank = static_cast<int>(threadIdx.x) & (team - 1);
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * kNarrowBlock + threadIdx.x) / team;
  const bool inside = row < e.rows;
  const TargetRow<T, targets> target(e, o, inside ? row : 0);
  const bool counts = inside && target.counts;
  const std::int64_t first = row * e.classes;

  A x[n], q[n], mass = 0;
  WEFT_LANES
  for (int i = 0; i < n; ++i) {
    const std::int64_t j = rank + i * team;
    const bool there = counts && j < e.classes;
    x[i] = there ? static_cast<A>(o.logits[first + j]) : -std::numeric_limits<A>::infinity();
    q[i] = there ? target.mass(j) : A{0};
    mass += q[i];
  }
  ExpSum<A> state;
  state.add(x);
  state = over_team(state, team);
  mass = over_team(mass, team);

  const A sum = state.total(), log_sum = std::log(sum), scale = inside ? scale_of(o, row) : A{0};
  A loss = 0;
  WEFT_LANES
  for (int i = 0; i < n; ++i) {
    const std::int64_t j = rank + i * team;
    if (!inside || j >= e.classes) continue;
    A slope = 0;
    if (counts) {
      loss += target.loss(q[i], log_sum, x[i] - state.max);
      slope = fast_exp(x[i] - state.max) * (mass / sum) - q[i];
    }
    if (o.gradient) o.gradient[first + j] = static_cast<T>(slope * scale);
  }
  loss = over_team(loss, team);
  if (!inside || rank != 0) return;
  target.report(e, o.fault, row);
  if (o.loss) o.loss[row] = loss;
  if (o.row_weight) o.row_weight[row] = target.row_weight();
}

}  // namespace weft::kernels
