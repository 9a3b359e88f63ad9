// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/axis_split.h"
#include "kernels/common/float_types.h"
#include "kernels/common/teams.cuh"
#include "kernels/reduce/accumulate.h"
#include "kernels/rows/softmax.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// y = exp(x - m) / sum, or x - m - log(sum), with m the largest x of the line: one traversal finds m and the sum, one
// writes.
template <class T, bool log>
__global__ void __launch_bounds__(kThreads) softmax_kernel(AxisSplit axis, bool rows, const T* in, T* out) {
  using A = Compute<T>;
  using State = Scaled<A>;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  const TeamMember t(rows);
  const std::int64_t line = t.result();
  const bool inside = line < axis.outer * axis.inner;
  const std::int64_t at = line / axis.inner * axis.size * axis.inner + line % axis.inner;
  State state = LogSumExp<A>::start();
  if (inside) {
    for (std::int64_t j = t.rank; j < axis.size; j += t.team) {
      LogSumExp<A>::add(state, static_cast<A>(in[at + j * axis.inner]), j);
    }
  }
  state = over_team(cells, state, t, [](State& a, const State& b) { LogSumExp<A>::merge(a, b); });
  if (!inside) return;
  state.sum += state.max - state.max;  // NaN for a line whose largest element is infinite, as in PyTorch
  const A rest = log ? std::log(state.sum) : A{1} / state.sum;
  for (std::int64_t j = t.rank; j < axis.size; j += t.team) {
    const A x = static_cast<A>(in[at + j * axis.inner]) - state.max;
    out[at + j * axis.inner] = static_cast<T>(log ? x - rest : std::exp(x) * rest);
  }
}

template <bool log>
exec::PreparedKernel prepare(const exec::KernelRequest& request) {
  const AxisSplit axis = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  const bool rows = axis.inner == 1;
  const std::int64_t lines = axis.size ? axis.outer * axis.inner : 0;
  const TeamLayout layout = team_layout(rows, lines, axis.size);
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[=](const Call& call) {
      cuda::launch(softmax_kernel<T, log>, dim3(layout.tiles(lines)), layout.block(), 0, call, axis, rows,
                   cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]));
    }};
  });
}

}  // namespace

exec::PreparedKernel prepare_softmax_cuda(const exec::KernelRequest& request) { return prepare<false>(request); }
exec::PreparedKernel prepare_log_softmax_cuda(const exec::KernelRequest& request) { return prepare<true>(request); }

}  // namespace weft::kernels
