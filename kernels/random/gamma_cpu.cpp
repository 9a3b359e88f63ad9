// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/random/gamma.h"
#include "kernels/random/gamma_rule.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 10;  // elements that are worth a task

template <class T>
exec::PreparedKernel draws(const GammaRule& rule) {
  return {[rule](const Call& call) {
    const DrawKey key = draw_key(static_cast<const long long*>(call.inputs[0].data), rule.ordinal);
    T* y = static_cast<T*>(call.outputs[0].data);
    parallel_for(rule.elements, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) y[i] = rule.draw<T>(key, i);
    });
  }};
}

}  // namespace

exec::PreparedKernel prepare_log_gamma_draw_cpu(const exec::KernelRequest& request) {
  const GammaRule rule = gamma_rule(request);
  return request.outputs[0].dtype == DType::kF64 ? draws<double>(rule) : draws<float>(rule);
}

}  // namespace weft::kernels
