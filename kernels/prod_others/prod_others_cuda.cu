// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/float_types.h"
#include "kernels/common/teams.cuh"
#include "kernels/prod_others/operands.h"
#include "kernels/prod_others/prod_others.h"
#include "kernels/prod_others/state.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

constexpr int kLevels = 8;  // of the tree over a team
static_assert(kThreads == 1 << kLevels);

// The product of the states of the team's other members, times c; all threads of the block must call it. States are
// joined up a tree, then every node hands its two children the rest without themselves.
template <int tangents>
__device__ ProductState<tangents> over_others(ProductState<tangents>* cells, const ProductState<tangents>& mine,
                                              double c, const TeamMember& t) {
  ProductState<tangents> left[kLevels];  // of the nodes at this thread's cell, from the root down
  cells[t.cell] = mine;
  int level = kLevels;
  for (int half = t.team / 2; half > 0; half /= 2) {
    __syncthreads();
    --level;
    if (t.rank >= half) continue;
    left[level] = cells[t.cell];
    join_products<tangents>(cells[t.cell], cells[t.cell + half * t.step]);
  }
  __syncthreads();
  if (t.rank == 0) start_product(cells[t.cell].part, ProductState<tangents>::kParts, c);
  for (int half = 1; half < t.team; half *= 2) {
    __syncthreads();
    if (t.rank < half) {
      const ProductState<tangents> rest = cells[t.cell];
      ProductState<tangents>& right = cells[t.cell + half * t.step];
      join_products<tangents>(cells[t.cell], right);
      right = rest;
      join_products<tangents>(right, left[level]);
    }
    ++level;
  }
  __syncthreads();
  return cells[t.cell];
}

// A member's elements are `team` apart. `before` has room for a state of each element, part by part.
template <class T, int tangents>
__global__ void __launch_bounds__(kThreads)
    prod_others_kernel(AxisSplit split, bool rows, ProdOthersOperands<T> o, double* before) {
  using State = ProductState<tangents>;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  const TeamMember t(rows);
  const std::int64_t line = t.result(), lines = split.outer * split.inner;
  const std::int64_t first = line < lines ? first_of_line(split, line) : 0, count = line < lines ? split.size : 0;
  const auto add = [&](State& state, std::int64_t at) {
    double tangent[tangents + 1];
    for (int a = 0; a < tangents; ++a) tangent[a] = widened<double>(o.tangents[a][at]);
    add_factor(state.part, tangents, widened<double>(o.x[at]), tangent);
  };
  State state;
  start_product(state.part, State::kParts, 1);
  std::int64_t j = t.rank;
  for (; j < count; j += t.team) {
    const std::int64_t at = first + j * split.inner;
    for (int s = 0; s < State::kParts; ++s) before[s * split.numel() + at] = state.part[s];
    add(state, at);
  }
  state = over_others<tangents>(cells, state, line < lines ? widened<double>(o.c[line]) : 1, t);
  for (j -= t.team; j >= 0; j -= t.team) {
    const std::int64_t at = first + j * split.inner;
    State here;
    for (int s = 0; s < State::kParts; ++s) here.part[s] = before[s * split.numel() + at];
    o.y[at] = narrowed<T>(last_part(here.part, state.part, State::kParts));
    add(state, at);
  }
}

template <class T, int tangents>
exec::PreparedKernel prepare(const AxisSplit& split) {
  const std::int64_t lines = split.outer * split.inner;
  const bool rows = split.inner == 1;
  const TeamLayout layout = team_layout(rows, lines, split.size);
  return {[split, rows, lines, layout](const Call& call) {
            if (split.numel() == 0) return;
            cuda::launch(prod_others_kernel<T, tangents>, dim3(layout.tiles(lines)), layout.block(), 0, call, split,
                         rows, prod_others_operands<T>(call), cuda::data<double>(call.workspace));
          },
          static_cast<std::size_t>(split.numel()) * sizeof(ProductState<tangents>)};
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_prod_others_teams(const exec::KernelRequest& request) {
  return for_few_tangents(request, [](const AxisSplit& split, auto type, auto tangents) {
    return prepare<typename decltype(type)::type, tangents>(split);
  });
}

}  // namespace weft::kernels
