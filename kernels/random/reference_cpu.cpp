// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/common/float_types.h"
#include "kernels/random/dropout.h"
#include "kernels/random/dropout_rule.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 1 << 10;  // Philox blocks that are worth a task

}  // namespace

// The four elements of one Philox block after the other.
exec::PreparedKernel prepare_dropout_reference_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[rule = dropout_rule(request)](const Call& call) {
      const auto* x = static_cast<const T*>(call.inputs[0].data);
      auto* y = static_cast<T*>(call.outputs[0].data);
      const DrawKey key = draw_key(static_cast<const long long*>(call.inputs[1].data), rule.ordinal);
      parallel_for((rule.elements + 3) / 4, kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t block = begin; block < end; ++block) dropout_block(rule, key, block, x, y);
      });
    }};
  });
}

}  // namespace weft::kernels
