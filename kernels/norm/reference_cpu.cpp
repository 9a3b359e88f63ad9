// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/norm/norm.h"
#include "kernels/norm/reference.h"

namespace weft::kernels {

exec::PreparedKernel prepare_batch_norm_statistics_reference_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[batch = channel_batch(request)](const Call& call) {
      const auto* x = static_cast<const T*>(call.inputs[0].data);
      const auto to = statistics_of_call<Compute<T>>(call);
      parallel_for(batch.channels, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t j = begin; j < end; ++j) statistics_of_channel(batch, x, to, j);
      });
    }};
  });
}

}  // namespace weft::kernels
