// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/device/thread_pool.h"
#include "kernels/common/copy_run.h"
#include "kernels/common/dispatch.h"
#include "kernels/common/resolve.h"
#include "kernels/resample/loops.h"
#include "kernels/resample/reference.h"
#include "kernels/resample/resample.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 15;  // multiply-adds that are worth a task

// For the instruction set that cpu::isa() names.
template <class T>
ResampleLoop<T> resample_loop() {
  ResampleLoop<T> loop;
  WEFT_RESOLVE(loop);
  return loop;
}

// The entries of the matrix's rows, or of its columns if it is transposed; those that are 0 are left out.
template <class A>
struct Entries {
  explicit Entries(const ResamplePlan& p) {
    const ResampleRule& rule = p.rule;
    for (std::int64_t at = 0; at < p.y.size; ++at) {
      const std::int64_t first = p.transposed ? rule.first_row(at) : rule.lowest(at);
      const std::int64_t end = p.transposed ? rule.end_row(at) : rule.highest(at) + 1;
      for (std::int64_t j = first; j < end; ++j) {
        const double weight = p.transposed ? rule.weight(j, at) : rule.weight(at, j);
        if (weight == 0) continue;
        offsets.push_back(j * p.x.inner);
        weights.push_back(static_cast<A>(weight));
      }
      starts.push_back(weights.size());
    }
  }
  std::vector<std::size_t> starts{0};
  std::vector<std::int64_t> offsets;  // of the element that an entry weighs, from the line's first one
  std::vector<A> weights;
};

// Calls each(line, place) for the places along the axis, of all lines; threads take `work` elements or more at a time.
template <class Each>
void for_places(const AxisSplit& y, std::int64_t work, const Each& each) {
  if (y.numel() == 0) return;
  parallel_for(y.outer * y.size, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, work)),
               [&](std::int64_t begin, std::int64_t end) {
                 std::int64_t line = begin / y.size, at = begin % y.size;
                 for (; begin < end; ++begin) {
                   each(line, at);
                   if (++at == y.size) ++line, at = 0;
                 }
               });
}

exec::PreparedKernel prepare_nearest(const exec::KernelRequest& request, const ResamplePlan& plan) {
  std::vector<std::int64_t> offsets;
  for (std::int64_t at = 0; at < plan.y.size; ++at) offsets.push_back(plan.rule.lowest(at) * plan.x.inner);
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan, offsets](const Call& call) {
      const auto* x = static_cast<const T*>(call.inputs[0].data);
      auto* y = static_cast<T*>(call.outputs[0].data);
      const std::int64_t inner = plan.y.inner;
      for_places(plan.y, inner, [&](std::int64_t line, std::int64_t at) {
        copy_run(y + (line * plan.y.size + at) * inner,
                 x + line * plan.x.size * inner + offsets[static_cast<std::size_t>(at)], inner);
      });
    }};
  });
}

template <class T>
exec::PreparedKernel prepare_sums(const ResamplePlan& plan) {
  return {[plan, loop = resample_loop<T>(), entries = Entries<Compute<T>>(plan)](const Call& call) {
    const auto* x = static_cast<const T*>(call.inputs[0].data);
    auto* y = static_cast<T*>(call.outputs[0].data);
    const std::int64_t inner = plan.y.inner;
    const auto count = static_cast<std::int64_t>(entries.weights.size());
    for_places(plan.y, inner * (1 + count / plan.y.size), [&](std::int64_t line, std::int64_t at) {
      const std::size_t first = entries.starts[static_cast<std::size_t>(at)];
      const std::size_t end = entries.starts[static_cast<std::size_t>(at) + 1];
      loop.run(x + line * plan.x.size * inner, entries.offsets.data() + first, entries.weights.data() + first,
               static_cast<std::int64_t>(end - first), inner, y + (line * plan.y.size + at) * inner);
    });
  }};
}

}  // namespace

exec::PreparedKernel prepare_resample_cpu(const exec::KernelRequest& request) {
  const ResamplePlan plan = resample_plan(request);
  if (moves_only(plan)) return prepare_nearest(request, plan);
  return with_floating(request.inputs[0].dtype, request.op.name(),
                       [&]<class T>(std::type_identity<T>) { return prepare_sums<T>(plan); });
}

}  // namespace weft::kernels
