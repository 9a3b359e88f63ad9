// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/common/teams.cuh"
#include "kernels/reduce/dispatch.h"
#include "kernels/reduce/plan.h"
#include "kernels/reduce/reduce.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// Limits of the cut. A long reduction into few outputs is cut into segments of at least kSegment elements, for at most
// kBlocks blocks; a second kernel joins them in order. The shape alone decides.
constexpr std::int64_t kSegment = 4096, kBlocks = 512;

struct ReduceShape {
  ReducePlan plan;
  std::int64_t segments = 1, length = 0;  // elements per segment
};

// Block x: outputs, block y: segment. Writes results if there is one segment, else states.
template <class Op, class T, class Out>
__global__ void __launch_bounds__(kThreads)
    reduce_kernel(ReduceShape shape, const T* in, typename Op::State* partial, Out* out) {
  using State = typename Op::State;
  using E = typename Op::Element;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  const ReducePlan& plan = shape.plan;
  const TeamMember t(plan.rows);
  const std::int64_t output = t.result(), begin = blockIdx.y * shape.length;
  State state = Op::start();
  if (output < plan.outputs) {
    const T* x = plan.count > 0 ? in + plan.kept.offset(output) : in;  // an empty input has no memory
    const std::int64_t end = begin + shape.length < plan.count ? begin + shape.length : plan.count;
    for (std::int64_t r = begin + t.rank; r < end; r += t.team) {
      Op::add(state, widened<E>(x[plan.reduced.offset(r)]), r);
    }
  }
  state = over_team(cells, state, t, [](State& a, const State& b) { Op::merge(a, b); });
  if (t.rank != 0 || output >= plan.outputs) return;
  if (shape.segments > 1) {
    partial[blockIdx.y * plan.outputs + output] = state;
  } else {
    out[output] = finished<Op, Out>(state, plan.count, plan.correction);
  }
}

// Joins the segments of each output.
template <class Op, class Out>
__global__ void __launch_bounds__(kThreads)
    join_segments_kernel(ReduceShape shape, const typename Op::State* partial, Out* out) {
  using State = typename Op::State;
  WEFT_SHARED_ARRAY(State, cells, kThreads);
  const ReducePlan& plan = shape.plan;
  const TeamMember t(true);
  const std::int64_t output = t.result();
  State state = Op::start();
  if (output < plan.outputs) {
    for (std::int64_t s = t.rank; s < shape.segments; s += t.team) {
      Op::merge(state, partial[s * plan.outputs + output]);
    }
  }
  state = over_team(cells, state, t, [](State& a, const State& b) { Op::merge(a, b); });
  if (t.rank == 0 && output < plan.outputs) {
    out[output] = finished<Op, Out>(state, plan.count, plan.correction);
  }
}

template <class Op, class T, class Out>
struct CudaReduce {
  using State = typename Op::State;

  static exec::PreparedKernel prepare(const exec::KernelRequest& request) {
    ReduceShape shape{make_reduce_plan(request)};
    const ReducePlan& plan = shape.plan;
    const TeamLayout layout = team_layout(plan.rows, plan.outputs, plan.count);
    const std::int64_t blocks = std::max<std::int64_t>(1, layout.tiles(plan.outputs));
    shape.segments = std::clamp<std::int64_t>(plan.count / kSegment, 1, std::max<std::int64_t>(1, kBlocks / blocks));
    shape.length = (plan.count + shape.segments - 1) / shape.segments;
    const std::size_t workspace =
        shape.segments > 1 ? static_cast<std::size_t>(shape.segments * plan.outputs) * sizeof(State) : 0;
    return {[shape, layout](const Call& call) { run(shape, layout, call); }, workspace};
  }

  static void run(const ReduceShape& shape, const TeamLayout& layout, const Call& call) {
    const auto* in = cuda::data<const T>(call.inputs[0]);
    auto* out = cuda::data<Out>(call.outputs[0]);
    auto* partial = cuda::data<State>(call.workspace);
    const std::int64_t outputs = shape.plan.outputs;
    cuda::launch(reduce_kernel<Op, T, Out>, dim3(layout.tiles(outputs), static_cast<unsigned>(shape.segments)),
                 layout.block(), 0, call, shape, in, partial, out);
    if (shape.segments == 1) return;
    const TeamLayout join = team_layout(true, outputs, shape.segments);
    cuda::launch(join_segments_kernel<Op, Out>, dim3(join.tiles(outputs)), join.block(), 0, call, shape, partial, out);
  }
};

}  // namespace

// Sums in the type of the arithmetic: each thread adds a short stretch, and a tree joins the threads.
exec::PreparedKernel prepare_reduce_cuda(const exec::KernelRequest& request) {
  return ReduceDispatch<CudaReduce, Compute>::prepare(request);
}

}  // namespace weft::kernels
