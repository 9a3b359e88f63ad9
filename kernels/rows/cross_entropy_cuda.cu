// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows/cross_entropy_narrow.cuh"
#include "kernels/rows/cross_entropy_wide.cuh"
#include "kernels/rows/softmax.h"
#include "weft/cuda.h"

namespace weft::kernels {

namespace {

template <class T>
CrossEntropyOperands<T> operands_of(const CrossEntropy& e, bool long_labels, const Call& call) {
  return {.logits = cuda::data<const T>(call.inputs[0]),
          .target = call.inputs[1].data,
          .weight = optional_operand<T>(call, e.weight_at),
          .scale = optional_operand<Compute<T>>(call, e.scale_at),
          .scale_per_row = e.scale_per_row,
          .long_labels = long_labels,
          .sharp = static_cast<Compute<T>>(1 - e.smoothing),
          .smooth = static_cast<Compute<T>>(e.smoothing / static_cast<double>(e.classes)),
          .loss = cuda::data<Compute<T>>(call.outputs[0]),
          .gradient = cuda::data<T>(call.outputs[1]),
          .row_weight = cuda::data<Compute<T>>(call.outputs[2]),
          .fault = call.fault};
}

template <class T, Targets targets>
exec::PreparedKernel prepare_narrow(const CrossEntropy& e, bool long_labels) {
  const int team = narrow_team<T>(e.classes);
  const std::int64_t rows_per_block = kNarrowBlock / team;
  const dim3 grid(static_cast<unsigned>((e.rows + rows_per_block - 1) / rows_per_block));
  return {[=](const Call& call) {
    cuda::launch(cross_entropy_narrow_kernel<T, targets>, grid, dim3(kNarrowBlock), 0, call, e, team,
                 operands_of<T>(e, long_labels, call));
  }};
}

template <class T, Targets targets>
exec::PreparedKernel prepare_wide(const CrossEntropy& e, bool long_labels, Device device) {
  const WideLayout layout = wide_layout(e.classes / RowPack<T>::size, device.index());
  return {[=](const Call& call) {
    cuda::launch(cross_entropy_wide_kernel<T, targets>, dim3(static_cast<unsigned>(e.rows)), dim3(layout.threads),
                 static_cast<std::size_t>(layout.cached) * 16, call, e, layout.cached,
                 operands_of<T>(e, long_labels, call));
  }};
}

}  // namespace

exec::PreparedKernel prepare_softmax_cross_entropy_cuda(const exec::KernelRequest& request) {
  const CrossEntropy e = cross_entropy_of(request);
  const bool long_labels = request.inputs[1].dtype == DType::kI64;
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    if (e.classes < kNarrowClasses<T>) {
      if (e.probabilities) return prepare_narrow<T, Targets::kProbabilities>(e, long_labels);
      return prepare_narrow<T, Targets::kIndices>(e, long_labels);
    }
    if (e.probabilities) return prepare_wide<T, Targets::kProbabilities>(e, long_labels, request.device);
    const bool plain = e.weight_at == 0 && e.smoothing == 0;
    if (plain) return prepare_wide<T, Targets::kPlain>(e, long_labels, request.device);
    return prepare_wide<T, Targets::kIndices>(e, long_labels, request.device);
  });
}

}  // namespace weft::kernels
