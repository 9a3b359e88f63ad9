// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/device/cpu/machine.h"
#include "core/device/thread_pool.h"
#include "kernels/reduce/dispatch.h"
#include "kernels/reduce/loops_bodies.h"
#include "kernels/reduce/loops_isa.h"
#include "kernels/reduce/plan.h"
#include "kernels/reduce/reduce.h"

namespace weft::kernels {

namespace {

// Elements that are worth a task. A long reduction into few outputs is cut into segments of this size, at most into
// kTasks tasks. The shape alone decides.
constexpr std::int64_t kGrain = 32 * 1024, kTasks = 64;
constexpr std::int64_t kTile = 128;  // neighboring outputs that are worked on together
constexpr std::size_t kLargestState = 24;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// A task: one tile of neighboring outputs over one segment of their reduced elements.
class Reduction {
 public:
  Reduction(const ReducePlan& plan, const ReduceLoops& loops) : plan_(plan), loops_(loops) {
    width_ = plan.rows || plan.kept.rank == 0 ? 1 : plan.kept.size[plan.kept.rank - 1];
    tiles_ = ceil_div(width_, kTile);
    tasks_ = width_ ? plan.outputs / width_ * tiles_ : 0;
    work_ = std::max<std::int64_t>(1, plan.count * std::min(width_, kTile));
    if (tasks_ > 0)
      segments_ = std::clamp<std::int64_t>(ceil_div(work_, kGrain), 1, std::max(kTasks / tasks_, std::int64_t{1}));
    segments_ = std::min(segments_, std::max<std::int64_t>(1, plan.count));
    whole_rows_ = plan.rows && plan.kept.rank <= 1 && plan.reduced.rank == 1 && segments_ == 1;
  }

  std::size_t workspace() const {
    return segments_ > 1 ? static_cast<std::size_t>(segments_ * plan_.outputs) * loops_.state : 0;
  }

  void run(const Call& call) const {
    auto* out = static_cast<std::byte*>(call.outputs[0].data);
    auto* partial = static_cast<std::byte*>(call.workspace.data);
    if (whole_rows_) return run_rows(static_cast<const std::byte*>(call.inputs[0].data), out);
    parallel_for(tasks_ * segments_, std::max<std::int64_t>(1, kGrain / work_),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) run_task(call.inputs[0].data, i, out, partial);
                 });
    if (segments_ == 1) return;
    for (std::int64_t s = 1; s < segments_; ++s)
      loops_.merge(partial, partial + bytes(s * plan_.outputs, loops_.state), plan_.outputs);
    loops_.finish(out, partial, plan_.outputs, plan_.count, plan_.correction);
  }

 private:
  static std::size_t bytes(std::int64_t n, std::size_t each) { return static_cast<std::size_t>(n) * each; }

  // Each output from one row of neighbors.
  void run_rows(const std::byte* in, std::byte* out) const {
    parallel_for(plan_.outputs, std::max<std::int64_t>(1, kGrain / work_), [&](std::int64_t begin, std::int64_t end) {
      alignas(std::max_align_t) std::byte states[kTile * kLargestState];
      for (std::int64_t n; begin < end; begin += n) {
        n = std::min(kTile, end - begin);
        loops_.start_rows(states, in + bytes(begin * plan_.count, loops_.element), n, plan_.count);
        loops_.finish(out + bytes(begin, loops_.result), states, n, plan_.count, plan_.correction);
      }
    });
  }

  void run_task(const void* in, std::int64_t i, std::byte* out, std::byte* partial) const {
    const std::int64_t task = i / segments_, segment = i % segments_, length = ceil_div(plan_.count, segments_);
    const std::int64_t column = task % tiles_ * kTile, tile = std::min(kTile, width_ - column);
    const std::int64_t first = task / tiles_ * width_ + column;
    const std::int64_t from = std::min(plan_.count, segment * length), to = std::min(plan_.count, from + length);
    alignas(std::max_align_t) std::byte states[kTile * kLargestState];
    const auto* x = static_cast<const std::byte*>(in);
    if (from < to) x += bytes(plan_.kept.offset(first), loops_.element);  // no elements may be a null pointer
    accumulate(x, from, to, tile, states);
    if (segments_ == 1)
      return loops_.finish(out + bytes(first, loops_.result), states, tile, plan_.count, plan_.correction);
    std::memcpy(partial + bytes(segment * plan_.outputs + first, loops_.state), states, bytes(tile, loops_.state));
  }

  // Adds the reduced elements [begin, end) of `tile` outputs, stretch by stretch along the innermost axis.
  void accumulate(const std::byte* in, std::int64_t begin, std::int64_t end, std::int64_t tile,
                  std::byte* states) const {
    const AxisList& axes = plan_.reduced;
    const std::int64_t inner = axes.rank ? axes.size[axes.rank - 1] : 1;
    const std::int64_t stride = axes.rank ? axes.stride[axes.rank - 1] : 0;
    loops_.start(states, tile);
    for (std::int64_t length; begin < end; begin += length) {
      length = std::min(inner - begin % inner, end - begin);
      const std::byte* x = in + bytes(axes.offset(begin), loops_.element);
      if (plan_.rows) {
        loops_.add_row(states, x, begin, length);
      } else {
        loops_.add_rows(states, tile, x, begin, length, stride);
      }
    }
  }

  ReducePlan plan_;
  ReduceLoops loops_;
  std::int64_t width_ = 1;  // outputs that lie side by side in the input
  std::int64_t tiles_ = 1, tasks_ = 0, segments_ = 1;
  std::int64_t work_ = 1;  // elements per task
  bool whole_rows_ = false;
};

exec::PreparedKernel prepare_loops(const exec::KernelRequest& request, const ReduceLoops& loops) {
  const Reduction reduction(make_reduce_plan(request), loops);
  return {[reduction](const Call& call) { reduction.run(call); }, reduction.workspace()};
}

template <class Op, class T, class Out>
ReduceLoops chosen_loops() {
  if constexpr (has_vector_loops<Op, T>) {
#if defined(__x86_64__)
    if (cpu::isa() == cpu::Isa::kAvx512) return avx512::reduce_loops(Op{}, T{}, Out{});
    if (cpu::isa() == cpu::Isa::kAvx2) return avx2::reduce_loops(Op{}, T{}, Out{});
#endif
    return baseline::reduce_loops(Op{}, T{}, Out{});
  } else {
    return loops_of<Op, T, Out>();
  }
}

template <class Op, class T, class Out>
struct CpuReduce {
  static exec::PreparedKernel prepare(const exec::KernelRequest& request) {
    static_assert(sizeof(typename Op::State) <= kLargestState);
    return prepare_loops(request, chosen_loops<Op, T, Out>());
  }
};

// f32 and the 16-bit types are summed in f64: exact to the last f32 bit in all but contrived cases, in any order.
template <class T>
using CpuSum = double;

}  // namespace

exec::PreparedKernel prepare_reduce_cpu(const exec::KernelRequest& request) {
  return ReduceDispatch<CpuReduce, CpuSum>::prepare(request);
}

}  // namespace weft::kernels
