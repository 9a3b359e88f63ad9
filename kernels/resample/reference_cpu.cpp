// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/common/dispatch.h"
#include "kernels/resample/reference.h"
#include "kernels/resample/resample.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 10;  // elements that are worth a task

template <class Each>
void for_elements(std::int64_t n, const Each& each) {
  parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; ++begin) each(begin);
  });
}

}  // namespace

exec::PreparedKernel prepare_resample_reference_cpu(const exec::KernelRequest& request) {
  const ResamplePlan plan = resample_plan(request);
  if (moves_only(plan))
    return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
      return {[plan](const Call& call) {
        const auto* x = static_cast<const T*>(call.inputs[0].data);
        auto* y = static_cast<T*>(call.outputs[0].data);
        for_elements(plan.y.numel(), [&](std::int64_t i) { y[i] = nearest(plan, x, i); });
      }};
    });
  return with_floating(request.inputs[0].dtype, request.op.name(),
                       [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
                         return {[plan](const Call& call) {
                           const auto* x = static_cast<const T*>(call.inputs[0].data);
                           auto* y = static_cast<T*>(call.outputs[0].data);
                           for_elements(plan.y.numel(), [&](std::int64_t i) { y[i] = resampled(plan, x, i); });
                         }};
                       });
}

}  // namespace weft::kernels
