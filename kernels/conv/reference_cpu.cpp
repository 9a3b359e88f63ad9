// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/common/product_types.h"
#include "kernels/conv/conv.h"
#include "kernels/conv/reference.h"

namespace weft::kernels {
namespace {

// Elements of the result are shared out to the threads; each is one sum, whatever their number.
template <class Element>
exec::PreparedKernel prepare(const exec::KernelRequest& request) {
  return with_product_types(
      request.inputs[0].dtype, request.outputs[0].dtype, request.op.name(),
      [&](auto operand, auto result) -> exec::PreparedKernel {
        using T = typename decltype(operand)::type;
        using O = typename decltype(result)::type;
        return {[p = conv_problem(request), count = request.outputs[0].shape.numel()](const Call& call) {
          const auto* a = static_cast<const T*>(call.inputs[0].data);
          const auto* b = static_cast<const T*>(call.inputs[1].data);
          auto* out = static_cast<O*>(call.outputs[0].data);
          parallel_for(count, 16, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) out[i] = static_cast<O>(Element::of(p, a, b, i));
          });
        }};
      });
}

}  // namespace

exec::PreparedKernel prepare_conv_reference_cpu(const exec::KernelRequest& request) {
  return prepare<ConvElement>(request);
}
exec::PreparedKernel prepare_conv_input_grad_reference_cpu(const exec::KernelRequest& request) {
  return prepare<ConvInputGradElement>(request);
}
exec::PreparedKernel prepare_conv_weight_grad_reference_cpu(const exec::KernelRequest& request) {
  return prepare<ConvWeightGradElement>(request);
}

}  // namespace weft::kernels
