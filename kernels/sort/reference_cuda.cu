// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/sort/reference.h"
#include "kernels/sort/sort.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// A line per thread.
template <class T>
__global__ void __launch_bounds__(kThreads)
    sort_reference_kernel(SortPlan plan, const T* x, T* values, std::int64_t* indices) {
  for (std::int64_t line = first_element(); line < plan.x.outer * plan.x.inner; line += element_stride())
    sort_line(plan, x, values, indices, line);
}

// One thread finds all values.
template <class T>
__global__ void unique_reference_kernel(const T* x, std::int64_t n, UniqueResults<T> to) {
  unique_values(x, n, to);
}

// A line per thread. Neighboring threads take neighboring columns where the axis is not the last one.
template <class T>
__global__ void cumsum_reference_kernel(AxisSplit split, bool reverse, const T* x, T* out) {
  for (std::int64_t line = first_element(); line < split.outer * split.inner; line += element_stride())
    cumsum_line(split, reverse, x, out, line);
}

exec::PreparedKernel prepare_lines(const exec::KernelRequest& request, const SortPlan& plan) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[plan](const Call& call) {
      cuda::launch(sort_reference_kernel<T>, grid_for(plan.x.outer * plan.x.inner), dim3(kThreads), 0, call, plan,
                   cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]),
                   cuda::data<std::int64_t>(call.outputs[1]));
    }};
  });
}

}  // namespace

exec::PreparedKernel prepare_sort_reference_cuda(const exec::KernelRequest& request) {
  return prepare_lines(request, sort_plan(request));
}

exec::PreparedKernel prepare_topk_reference_cuda(const exec::KernelRequest& request) {
  return prepare_lines(request, topk_plan(request));
}

exec::PreparedKernel prepare_unique_reference_cuda(const exec::KernelRequest& request) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n = request.inputs[0].shape.numel()](const Call& call) {
      const UniqueResults<T> to{cuda::data<T>(call.outputs[0]), cuda::data<std::int64_t>(call.outputs[1]),
                                cuda::data<std::int64_t>(call.outputs[2]), cuda::data<std::int64_t>(call.outputs[3])};
      cuda::launch(unique_reference_kernel<T>, dim3(1), dim3(1), 0, call, cuda::data<const T>(call.inputs[0]), n, to);
    }};
  });
}

exec::PreparedKernel prepare_cumsum_reference_cuda(const exec::KernelRequest& request) {
  const AxisSplit split = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  const bool reverse = request.attributes.boolean("reverse");
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[split, reverse](const Call& call) {
      cuda::launch(cumsum_reference_kernel<T>, grid_for(split.outer * split.inner), dim3(kThreads), 0, call, split,
                   reverse, cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]));
    }};
  });
}

}  // namespace weft::kernels
