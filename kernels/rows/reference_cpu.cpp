// SPDX-License-Identifier: Apache-2.0
#include "core/device/thread_pool.h"
#include "kernels/common/data_fault.h"
#include "kernels/rows/reference.h"
#include "kernels/rows/softmax.h"

namespace weft::kernels {

namespace {

template <bool log>
exec::PreparedKernel prepare(const exec::KernelRequest& request) {
  const AxisSplit axis = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[axis](const Call& call) {
      const auto* x = static_cast<const T*>(call.inputs[0].data);
      auto* y = static_cast<T*>(call.outputs[0].data);
      parallel_for(axis.outer * axis.inner, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t line = begin; line < end; ++line) softmax_line<log>(axis, x, y, line);
      });
    }};
  });
}

}  // namespace

exec::PreparedKernel prepare_softmax_reference_cpu(const exec::KernelRequest& request) {
  return prepare<false>(request);
}
exec::PreparedKernel prepare_log_softmax_reference_cpu(const exec::KernelRequest& request) {
  return prepare<true>(request);
}

exec::PreparedKernel prepare_cross_entropy_reference_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    return {[e = cross_entropy_of(request)](const Call& call) {
      const CrossEntropyOperands<T> o = operands_of<T>(e, call);
      parallel_for(e.rows, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row) {
          const ReferenceTarget<T> target = target_of(e, o, row);
          cross_entropy_row(e, o, target, row);
          if (target.bad) raise_data_error(o.fault, e.bad_label, target.label, row);
        }
      });
    }};
  });
}

}  // namespace weft::kernels
