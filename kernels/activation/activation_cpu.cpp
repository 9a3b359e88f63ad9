// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/activation/activation.h"
#include "kernels/activation/activation_rule.h"

namespace weft::kernels {

namespace {

constexpr std::int64_t kGrain = 4096;

template <class T>
T* data(const View& view) {
  return static_cast<T*>(view.data);
}

// Calls body(i) for every i below n.
template <class Body>
void for_each(std::int64_t n, const Body& body) {
  parallel_for(n, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) body(i);
  });
}

}  // namespace

exec::PreparedKernel prepare_relu_bits_cpu(const exec::KernelRequest& request) {
  return with_float_or_half(request.outputs[0].dtype, [&](auto type) -> exec::PreparedKernel {
    using Y = typename decltype(type)::type;
    return {[p = bit_matrix(request.inputs[0])](const Call& call) {
      const auto* x = data<const float>(call.inputs[0]);
      const auto* bias = call.inputs.size() > 1 ? data<const float>(call.inputs[1]) : nullptr;
      auto* y = data<Y>(call.outputs[0]);
      auto* bits = data<std::uint8_t>(call.outputs[1]);
      for_each(p.bytes(), [&](std::int64_t at) { relu_byte(p, at, x, bias, y, bits); });
    }};
  });
}

exec::PreparedKernel prepare_relu_bits_grad_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[p = bit_matrix(request.inputs[0])](const Call& call) {
      const auto* dy = data<const T>(call.inputs[0]);
      const auto* bits = data<const std::uint8_t>(call.inputs[1]);
      auto* dx = data<T>(call.outputs[0]);
      for_each(p.bytes(), [&](std::int64_t at) { masked_byte(p, at, dy, bits, dx); });
    }};
  });
}

exec::PreparedKernel prepare_gelu_tanh_grad_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[n = request.inputs[0].shape.numel()](const Call& call) {
      const auto *dy = data<const T>(call.inputs[0]), *x = data<const T>(call.inputs[1]);
      auto* dx = data<T>(call.outputs[0]);
      for_each(n, [&](std::int64_t i) { dx[i] = gelu_gradient(dy[i], x[i]); });
    }};
  });
}

}  // namespace weft::kernels
