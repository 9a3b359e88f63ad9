// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/grid.cuh"
#include "kernels/norm/norm.h"
#include "kernels/norm/reference.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// A channel per thread.
template <class T>
__global__ void __launch_bounds__(kThreads)
    statistics_reference_kernel(ChannelBatch batch, const T* x, ChannelStatistics<Compute<T>> to) {
  for (std::int64_t j = first_element(); j < batch.channels; j += element_stride())
    statistics_of_channel(batch, x, to, j);
}

}  // namespace

exec::PreparedKernel prepare_batch_norm_statistics_reference_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[batch = channel_batch(request)](const Call& call) {
      cuda::launch(statistics_reference_kernel<T>, grid_for(batch.channels), dim3(kThreads), 0, call, batch,
                   cuda::data<const T>(call.inputs[0]), statistics_of_call<Compute<T>>(call));
    }};
  });
}

}  // namespace weft::kernels
