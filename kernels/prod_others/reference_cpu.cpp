// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/prod_others/prod_others.h"
#include "kernels/prod_others/reference.h"

namespace weft::kernels {

exec::PreparedKernel prepare_prod_others_reference_cpu(const exec::KernelRequest& request) {
  const AxisSplit split = prod_others_split(request);
  const int tangents = tangents_of(request);
  return with_floating(request.inputs[1].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[split, tangents](const Call& call) {
              const ProdOthersOperands<T> o = prod_others_operands<T>(call);
              auto* states = static_cast<double*>(call.workspace.data);
              if (split.size == 0) return;
              parallel_for(split.outer * split.inner, 1, [&](std::int64_t begin, std::int64_t end) {
                for (; begin < end; ++begin) prod_others_line(split, o, tangents, states, begin);
              });
            },
            prod_others_states(split, tangents) * sizeof(double)};
  });
}

}  // namespace weft::kernels
