// SPDX-License-Identifier: Apache-2.0
#include "kernels/activation/activation.h"
#include "kernels/activation/activation_rule.h"
#include "kernels/common/grid.cuh"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// A thread serves the eight columns of one byte of the mask at a time.
template <class Y>
__global__ void __launch_bounds__(kThreads)
    relu_bits_kernel(BitMatrix p, const float* x, const float* bias, Y* y, std::uint8_t* bits) {
  for (std::int64_t at = first_element(); at < p.bytes(); at += element_stride()) relu_byte(p, at, x, bias, y, bits);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    relu_bits_grad_kernel(BitMatrix p, const T* dy, const std::uint8_t* bits, T* dx) {
  for (std::int64_t at = first_element(); at < p.bytes(); at += element_stride()) masked_byte(p, at, dy, bits, dx);
}

template <class T>
__global__ void __launch_bounds__(kThreads) gelu_tanh_grad_kernel(std::int64_t n, const T* dy, const T* x, T* dx) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) dx[i] = gelu_gradient(dy[i], x[i]);
}

}  // namespace

exec::PreparedKernel prepare_relu_bits_cuda(const exec::KernelRequest& request) {
  return with_float_or_half(request.outputs[0].dtype, [&](auto type) -> exec::PreparedKernel {
    using Y = typename decltype(type)::type;
    return {[p = bit_matrix(request.inputs[0])](const Call& call) {
      const auto* bias = call.inputs.size() > 1 ? cuda::data<const float>(call.inputs[1]) : nullptr;
      cuda::launch(relu_bits_kernel<Y>, grid_for(p.bytes()), dim3(kThreads), 0, call, p,
                   cuda::data<const float>(call.inputs[0]), bias, cuda::data<Y>(call.outputs[0]),
                   cuda::data<std::uint8_t>(call.outputs[1]));
    }};
  });
}

exec::PreparedKernel prepare_relu_bits_grad_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[p = bit_matrix(request.inputs[0])](const Call& call) {
      cuda::launch(relu_bits_grad_kernel<T>, grid_for(p.bytes()), dim3(kThreads), 0, call, p,
                   cuda::data<const T>(call.inputs[0]), cuda::data<const std::uint8_t>(call.inputs[1]),
                   cuda::data<T>(call.outputs[0]));
    }};
  });
}

exec::PreparedKernel prepare_gelu_tanh_grad_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[n = request.inputs[0].shape.numel()](const Call& call) {
      cuda::launch(gelu_tanh_grad_kernel<T>, grid_for(n), dim3(kThreads), 0, call, n,
                   cuda::data<const T>(call.inputs[0]), cuda::data<const T>(call.inputs[1]),
                   cuda::data<T>(call.outputs[0]));
    }};
  });
}

}  // namespace weft::kernels
