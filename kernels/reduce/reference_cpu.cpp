// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/reduce/dispatch.h"
#include "kernels/reduce/reduce.h"
#include "kernels/reduce/reference.h"

namespace weft::kernels {

namespace {

template <class Op, class T, class Out>
struct ReferenceReduce {
  static exec::PreparedKernel prepare(const exec::KernelRequest& request) {
    return {[plan = make_reduce_plan(request)](const Call& call) {
      const auto* x = static_cast<const T*>(call.inputs[0].data);
      auto* out = static_cast<Out*>(call.outputs[0].data);
      parallel_for(plan.outputs, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) out[i] = reduced<Op, Out>(plan, x, i);
      });
    }};
  }
};

}  // namespace

exec::PreparedKernel prepare_reduce_reference_cpu(const exec::KernelRequest& request) {
  return ReduceDispatch<ReferenceReduce, ReferenceSum>::prepare(request);
}

}  // namespace weft::kernels
