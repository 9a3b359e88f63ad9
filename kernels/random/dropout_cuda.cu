// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/grid.cuh"
#include "kernels/random/dropout.h"
#include "kernels/random/dropout_rule.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// Each thread serves the four elements of one Philox block at a time.
template <class T>
__global__ void __launch_bounds__(kThreads) dropout_kernel(DropoutRule rule, const long long* state, const T* x, T* y) {
  const DrawKey key = draw_key(state, rule.ordinal);
  for (std::int64_t block = first_element(); 4 * block < rule.elements; block += element_stride())
    dropout_block(rule, key, block, x, y);
}

}  // namespace

exec::PreparedKernel prepare_dropout_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[rule = dropout_rule(request)](const Call& call) {
      cuda::launch(dropout_kernel<T>, grid_for((rule.elements + 3) / 4), dim3(kThreads), 0, call, rule,
                   cuda::data<const long long>(call.inputs[1]), cuda::data<const T>(call.inputs[0]),
                   cuda::data<T>(call.outputs[0]));
    }};
  });
}

}  // namespace weft::kernels
