// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/data_fault.cuh"
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/index/index.h"
#include "kernels/index/reference.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

__global__ void check_index_kernel(IndexPlan plan, const void* index, DataFault* fault, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride())
    if (is_outside(plan, index, i)) raise_data_error(fault, plan.code, index_at(index, plan.wide, i), i);
}

// An element of the result per thread.
template <AddTo to, class T>
__global__ void __launch_bounds__(kThreads)
    add_reference_kernel(IndexPlan plan, const T* x, const void* index, const T* updates, T* out) {
  for (std::int64_t i = first_element(); i < plan.x.numel(); i += element_stride())
    out[i] = with_updates<to>(plan, x, index, updates, i);
}

template <AddTo to>
exec::PreparedKernel prepare(const exec::KernelRequest& request, const IndexPlan& plan) {
  expect_numbers(request);
  const std::int64_t indices = request.inputs[1].shape.numel();
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan, indices](const Call& call) {
      const void* index = call.inputs[1].data;
      cuda::launch(check_index_kernel, grid_for(indices), dim3(kThreads), 0, call, plan, index, call.fault, indices);
      cuda::launch(add_reference_kernel<to, T>, grid_for(plan.x.numel()), dim3(kThreads), 0, call, plan,
                   cuda::data<const T>(call.inputs[0]), index, cuda::data<const T>(call.inputs[2]),
                   cuda::data<T>(call.outputs[0]));
    }};
  });
}

}  // namespace

exec::PreparedKernel prepare_index_add_reference_cuda(const exec::KernelRequest& request) {
  return prepare<AddTo::kRows>(request, plan_whole_index(request));
}

exec::PreparedKernel prepare_scatter_add_reference_cuda(const exec::KernelRequest& request) {
  return prepare<AddTo::kElements>(request, plan_along_axis(request));
}

}  // namespace weft::kernels
