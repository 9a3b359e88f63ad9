// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/grid.cuh"
#include "kernels/reduce/dispatch.h"
#include "kernels/reduce/reduce.h"
#include "kernels/reduce/reference.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// A result per thread.
template <class Op, class T, class Out>
__global__ void __launch_bounds__(kThreads) reduce_reference_kernel(ReducePlan plan, const T* x, Out* out) {
  for (std::int64_t i = first_element(); i < plan.outputs; i += element_stride()) out[i] = reduced<Op, Out>(plan, x, i);
}

template <class Op, class T, class Out>
struct ReferenceReduce {
  static exec::PreparedKernel prepare(const exec::KernelRequest& request) {
    return {[plan = make_reduce_plan(request)](const Call& call) {
      cuda::launch(reduce_reference_kernel<Op, T, Out>, grid_for(plan.outputs), dim3(kThreads), 0, call, plan,
                   cuda::data<const T>(call.inputs[0]), cuda::data<Out>(call.outputs[0]));
    }};
  }
};

}  // namespace

exec::PreparedKernel prepare_reduce_reference_cuda(const exec::KernelRequest& request) {
  return ReduceDispatch<ReferenceReduce, ReferenceSum>::prepare(request);
}

}  // namespace weft::kernels
