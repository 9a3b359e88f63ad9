// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/grid.cuh"
#include "kernels/prod_others/prod_others.h"
#include "kernels/prod_others/reference.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// A line per thread.
template <class T>
__global__ void __launch_bounds__(kThreads)
    prod_others_reference_kernel(AxisSplit split, ProdOthersOperands<T> o, int tangents, double* states) {
  for (std::int64_t line = first_element(); line < split.outer * split.inner; line += element_stride())
    prod_others_line(split, o, tangents, states, line);
}

}  // namespace

exec::PreparedKernel prepare_prod_others_reference_cuda(const exec::KernelRequest& request) {
  const AxisSplit split = prod_others_split(request);
  const int tangents = tangents_of(request);
  return with_floating(request.inputs[1].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[split, tangents](const Call& call) {
              if (split.numel() == 0) return;
              cuda::launch(prod_others_reference_kernel<T>, grid_for(split.outer * split.inner), dim3(kThreads), 0,
                           call, split, prod_others_operands<T>(call), tangents, cuda::data<double>(call.workspace));
            },
            prod_others_states(split, tangents) * sizeof(double)};
  });
}

}  // namespace weft::kernels
