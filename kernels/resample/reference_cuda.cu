// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/resample/reference.h"
#include "kernels/resample/resample.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

// An element of the result per thread.
template <class T>
__global__ void __launch_bounds__(kThreads) nearest_kernel(ResamplePlan plan, const T* x, T* y) {
  for (std::int64_t i = first_element(); i < plan.y.numel(); i += element_stride()) y[i] = nearest(plan, x, i);
}
template <class T>
__global__ void __launch_bounds__(kThreads) resample_kernel(ResamplePlan plan, const T* x, T* y) {
  for (std::int64_t i = first_element(); i < plan.y.numel(); i += element_stride()) y[i] = resampled(plan, x, i);
}

}  // namespace

exec::PreparedKernel prepare_resample_reference_cuda(const exec::KernelRequest& request) {
  const ResamplePlan plan = resample_plan(request);
  if (moves_only(plan))
    return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
      return {[plan](const Call& call) {
        cuda::launch(nearest_kernel<T>, grid_for(plan.y.numel()), dim3(kThreads), 0, call, plan,
                     cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]));
      }};
    });
  return with_floating(request.inputs[0].dtype, request.op.name(),
                       [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
                         return {[plan](const Call& call) {
                           cuda::launch(resample_kernel<T>, grid_for(plan.y.numel()), dim3(kThreads), 0, call, plan,
                                        cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]));
                         }};
                       });
}

}  // namespace weft::kernels
