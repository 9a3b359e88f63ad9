// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/grid.cuh"
#include "kernels/random/gamma.h"
#include "kernels/random/gamma_rule.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

template <class T>
__global__ void log_gamma_draw_kernel(GammaRule rule, const long long* state, T* y) {
  const DrawKey key = draw_key(state, rule.ordinal);
  for (std::int64_t i = first_element(); i < rule.elements; i += element_stride()) y[i] = rule.draw<T>(key, i);
}

template <class T>
exec::PreparedKernel draws(const GammaRule& rule) {
  return {[rule](const Call& call) {
    cuda::launch(log_gamma_draw_kernel<T>, grid_for(rule.elements), dim3(kThreads), 0, call, rule,
                 cuda::data<const long long>(call.inputs[0]), cuda::data<T>(call.outputs[0]));
  }};
}

}  // namespace

exec::PreparedKernel prepare_log_gamma_draw_cuda(const exec::KernelRequest& request) {
  const GammaRule rule = gamma_rule(request);
  return request.outputs[0].dtype == DType::kF64 ? draws<double>(rule) : draws<float>(rule);
}

}  // namespace weft::kernels
