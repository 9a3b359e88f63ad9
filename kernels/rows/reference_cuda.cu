// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/data_fault.cuh"
#include "kernels/common/grid.cuh"
#include "kernels/rows/reference.h"
#include "kernels/rows/softmax.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// A line per thread.
template <class T, bool log>
__global__ void __launch_bounds__(kThreads) softmax_reference_kernel(AxisSplit axis, const T* x, T* y) {
  for (std::int64_t line = first_element(); line < axis.outer * axis.inner; line += element_stride())
    softmax_line<log>(axis, x, y, line);
}

// A row per thread.
template <class T>
__global__ void __launch_bounds__(kThreads) cross_entropy_reference_kernel(CrossEntropy e, CrossEntropyOperands<T> o) {
  for (std::int64_t row = first_element(); row < e.rows; row += element_stride()) {
    const ReferenceTarget<T> target = target_of(e, o, row);
    cross_entropy_row(e, o, target, row);
    if (target.bad) raise_data_error(o.fault, e.bad_label, target.label, row);
  }
}

template <bool log>
exec::PreparedKernel prepare(const exec::KernelRequest& request) {
  const AxisSplit axis = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[axis](const Call& call) {
      cuda::launch(softmax_reference_kernel<T, log>, grid_for(axis.outer * axis.inner), dim3(kThreads), 0, call, axis,
                   cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]));
    }};
  });
}

}  // namespace

exec::PreparedKernel prepare_softmax_reference_cuda(const exec::KernelRequest& request) {
  return prepare<false>(request);
}
exec::PreparedKernel prepare_log_softmax_reference_cuda(const exec::KernelRequest& request) {
  return prepare<true>(request);
}

exec::PreparedKernel prepare_cross_entropy_reference_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[e = cross_entropy_of(request)](const Call& call) {
      cuda::launch(cross_entropy_reference_kernel<T>, grid_for(e.rows), dim3(kThreads), 0, call, e,
                   operands_of<T>(e, call));
    }};
  });
}

}  // namespace weft::kernels
