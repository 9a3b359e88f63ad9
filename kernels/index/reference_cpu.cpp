// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/common/data_fault.h"
#include "kernels/common/dispatch.h"
#include "kernels/index/index.h"
#include "kernels/index/reference.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 1 << 10;  // elements that are worth a task

template <AddTo to>
exec::PreparedKernel prepare(const exec::KernelRequest& request, const IndexPlan& plan) {
  expect_numbers(request);
  const std::int64_t indices = request.inputs[1].shape.numel();
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan, indices](const Call& call) {
      const auto* x = static_cast<const T*>(call.inputs[0].data);
      const auto* updates = static_cast<const T*>(call.inputs[2].data);
      const void* index = call.inputs[1].data;
      auto* out = static_cast<T*>(call.outputs[0].data);
      for (std::int64_t i = 0; i < indices; ++i)
        if (is_outside(plan, index, i)) raise_data_error(call.fault, plan.code, index_at(index, plan.wide, i), i);
      parallel_for(plan.x.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) out[i] = with_updates<to>(plan, x, index, updates, i);
      });
    }};
  });
}

}  // namespace

exec::PreparedKernel prepare_index_add_reference_cpu(const exec::KernelRequest& request) {
  return prepare<AddTo::kRows>(request, plan_whole_index(request));
}

exec::PreparedKernel prepare_scatter_add_reference_cpu(const exec::KernelRequest& request) {
  return prepare<AddTo::kElements>(request, plan_along_axis(request));
}

}  // namespace weft::kernels
