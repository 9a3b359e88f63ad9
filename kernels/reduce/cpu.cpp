// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/reduce/dispatch.h"
#include "kernels/reduce/plan.h"
#include "kernels/reduce/reduce.h"

namespace weft::kernels {

namespace {

// Elements worth a thread's attention. A long reduction into few outputs is cut into segments of that size, but into no
// more than make kTasks tasks. Both follow from the shape alone.
constexpr std::int64_t kGrain = 32 * 1024, kTasks = 64;
constexpr std::int64_t kTile = 128;  // neighbouring outputs that are worked on together
constexpr std::int64_t kLanes = 8;   // independent chains within a row, so that sums need not wait for each other

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Calls body(offset, index, length) for each stretch of the reduced elements [begin, end) along their innermost axis.
template <class Body>
void walk(const AxisList& axes, std::int64_t begin, std::int64_t end, Body&& body) {
  const std::int64_t inner = axes.rank ? axes.size[axes.rank - 1] : 1;
  while (begin < end) {
    const std::int64_t length = std::min(inner - begin % inner, end - begin);
    body(axes.offset(begin), begin, length);
    begin += length;
  }
}

// A task is one tile of neighbouring outputs over one segment of what they are reduced from.
template <class Op, class T, class Out>
class CpuReduce {
  using State = typename Op::State;
  using E = typename Op::Element;

 public:
  static exec::PreparedKernel prepare(const exec::KernelRequest& request) {
    const CpuReduce reduce(make_reduce_plan(request));
    return {[reduce](const Call& call) { reduce.run(call); }, reduce.workspace()};
  }

 private:
  explicit CpuReduce(const ReducePlan& plan) : plan_(plan) {
    width_ = plan.rows || plan.kept.rank == 0 ? 1 : plan.kept.size[plan.kept.rank - 1];
    tiles_ = ceil_div(width_, kTile);
    tasks_ = width_ ? plan.outputs / width_ * tiles_ : 0;
    work_ = std::max<std::int64_t>(1, plan.count * std::min(width_, kTile));
    if (tasks_ > 0)
      segments_ = std::clamp<std::int64_t>(ceil_div(work_, kGrain), 1, std::max(kTasks / tasks_, std::int64_t{1}));
    segments_ = std::min(segments_, std::max<std::int64_t>(1, plan.count));
  }

  std::size_t workspace() const {
    return segments_ > 1 ? static_cast<std::size_t>(segments_ * plan_.outputs) * sizeof(State) : 0;
  }

  void run(const Call& call) const {
    const auto* in = static_cast<const T*>(call.inputs[0].data);
    auto* out = static_cast<Out*>(call.outputs[0].data);
    auto* partial = static_cast<State*>(call.workspace.data);
    const std::int64_t length = ceil_div(plan_.count, segments_);
    parallel_for(tasks_ * segments_, std::max<std::int64_t>(1, kGrain / work_),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const std::int64_t task = i / segments_, segment = i % segments_;
                     const std::int64_t column = task % tiles_ * kTile, tile = std::min(kTile, width_ - column);
                     const std::int64_t first = task / tiles_ * width_ + column;
                     const std::int64_t from = std::min(plan_.count, segment * length),
                                        to = std::min(plan_.count, from + length);
                     State states[kTile];
                     accumulate(in + plan_.kept.offset(first), from, to, tile, states);
                     for (std::int64_t j = 0; j < tile; ++j) {
                       if (segments_ > 1) {
                         partial[segment * plan_.outputs + first + j] = states[j];
                       } else {
                         out[first + j] = finish(states[j]);
                       }
                     }
                   }
                 });
    if (segments_ == 1) return;
    for (std::int64_t o = 0; o < plan_.outputs; ++o) {
      State state = partial[o];
      for (std::int64_t s = 1; s < segments_; ++s) Op::merge(state, partial[s * plan_.outputs + o]);
      out[o] = finish(state);
    }
  }

  Out finish(const State& state) const { return narrowed<Out>(Op::result(state, plan_.count, plan_.correction)); }

  void accumulate(const T* in, std::int64_t begin, std::int64_t end, std::int64_t tile, State* states) const {
    std::fill(states, states + (plan_.rows ? kLanes : tile), Op::start());
    if (plan_.rows) {
      walk(plan_.reduced, begin, end, [&](std::int64_t offset, std::int64_t index, std::int64_t length) {
        add_row(in + offset, index, length, states);
      });
      for (std::int64_t lane = 1; lane < kLanes; ++lane) Op::merge(states[0], states[lane]);
      return;
    }
    const std::int64_t stride = plan_.reduced.rank ? plan_.reduced.stride[plan_.reduced.rank - 1] : 0;
    walk(plan_.reduced, begin, end, [&](std::int64_t offset, std::int64_t index, std::int64_t length) {
      for (std::int64_t r = 0; r < length; ++r) {
        const T* x = in + offset + r * stride;
        for (std::int64_t j = 0; j < tile; ++j) Op::add(states[j], widened<E>(x[j]), index + r);
      }
    });
  }

  static void add_row(const T* x, std::int64_t index, std::int64_t length, State* states) {
    std::int64_t i = 0;
    for (; i + kLanes <= length; i += kLanes) {
      for (std::int64_t lane = 0; lane < kLanes; ++lane)
        Op::add(states[lane], widened<E>(x[i + lane]), index + i + lane);
    }
    for (std::int64_t lane = 0; i < length; ++i, ++lane) Op::add(states[lane], widened<E>(x[i]), index + i);
  }

  ReducePlan plan_;
  std::int64_t width_ = 1;  // outputs that lie side by side in the input
  std::int64_t tiles_ = 1, tasks_ = 0, segments_ = 1;
  std::int64_t work_ = 1;  // elements per task
};

// f32 and the 16-bit types are summed in f64: exact to the last f32 bit in all but contrived cases, in any order.
template <class T>
using CpuSum = double;

}  // namespace

exec::PreparedKernel prepare_reduce_cpu(const exec::KernelRequest& request) {
  return ReduceDispatch<CpuReduce, CpuSum>::prepare(request);
}

}  // namespace weft::kernels
