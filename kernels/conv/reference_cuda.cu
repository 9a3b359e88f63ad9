// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/grid.cuh"
#include "kernels/common/product_types.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/reference.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// An element of the result per thread.
template <class Element, class T, class O>
__global__ void __launch_bounds__(kThreads)
    conv_reference_kernel(ConvProblem p, std::int64_t count, const T* a, const T* b, O* out) {
  for (std::int64_t i = first_element(); i < count; i += element_stride())
    out[i] = static_cast<O>(Element::of(p, a, b, i));
}

template <class Element>
exec::PreparedKernel prepare(const exec::KernelRequest& request) {
  const std::int64_t count = request.outputs[0].shape.numel();
  if (count == 0) return {[](const Call&) {}};
  return with_product_types(request.inputs[0].dtype, request.outputs[0].dtype, request.op.name(),
                            [&](auto operand, auto result) -> exec::PreparedKernel {
                              using T = typename decltype(operand)::type;
                              using O = typename decltype(result)::type;
                              return {[p = conv_problem(request), count](const Call& call) {
                                cuda::launch(conv_reference_kernel<Element, T, O>, grid_for(count), dim3(kThreads), 0,
                                             call, p, count, cuda::data<const T>(call.inputs[0]),
                                             cuda::data<const T>(call.inputs[1]), cuda::data<O>(call.outputs[0]));
                              }};
                            });
}

}  // namespace

exec::PreparedKernel prepare_conv_reference_cuda(const exec::KernelRequest& request) {
  return prepare<ConvElement>(request);
}
exec::PreparedKernel prepare_conv_input_grad_reference_cuda(const exec::KernelRequest& request) {
  return prepare<ConvInputGradElement>(request);
}
exec::PreparedKernel prepare_conv_weight_grad_reference_cuda(const exec::KernelRequest& request) {
  return prepare<ConvWeightGradElement>(request);
}

}  // namespace weft::kernels
