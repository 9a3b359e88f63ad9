// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/dropout/dropout.h"
#include "kernels/dropout/rule.h"
#include "kernels/support/float_types.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 2 * 1024;  // blocks of four elements worth a thread's attention

template <class T>
void run(const DropoutRule& rule, const Call& call) {
  using A = Compute<T>;
  const auto* x = static_cast<const T*>(call.inputs[0].data);
  auto* y = static_cast<T*>(call.outputs[0].data);
  const DrawKey key = draw_key(static_cast<const long long*>(call.inputs[1].data), rule.ordinal);
  parallel_for((rule.elements + 3) / 4, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      A factor[4];
      rule.factors(key, block, factor);
      const std::int64_t first = 4 * block, count = std::min<std::int64_t>(4, rule.elements - first);
      for (std::int64_t i = 0; i < count; ++i) y[first + i] = static_cast<T>(static_cast<A>(x[first + i]) * factor[i]);
    }
  });
}

}  // namespace

exec::PreparedKernel prepare_dropout_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    return {[rule = dropout_rule(request)](const Call& call) { run<typename decltype(type)::type>(rule, call); }};
  });
}

}  // namespace weft::kernels
