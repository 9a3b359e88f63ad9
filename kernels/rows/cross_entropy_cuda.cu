// SPDX-License-Identifier: Apache-2.0
#include "kernels/rows/cross_entropy_narrow.cuh"
#include "kernels/rows/cross_entropy_wide.cuh"
#include "kernels/rows/softmax.h"
#include "weft/cuda.h"

namespace weft::kernels {

namespace {

template <class T, Targets targets>
exec::PreparedKernel prepare_narrow(const CrossEntropy& e) {
  const int team = narrow_team<T>(e.classes);
  const std::int64_t rows_per_block = kNarrowBlock / team;
  const dim3 grid(static_cast<unsigned>((e.rows + rows_per_block - 1) / rows_per_block));
  return {[=](const Call& call) {
    cuda::launch(cross_entropy_narrow_kernel<T, targets>, grid, dim3(kNarrowBlock), 0, call, e, team,
                 operands_of<T>(e, call));
  }};
}

template <class T, Targets targets>
exec::PreparedKernel prepare_wide(const CrossEntropy& e, Device device) {
  const WideLayout layout = wide_layout(e.classes / RowPack<T>::size, device.index());
  return {[=](const Call& call) {
    cuda::launch(cross_entropy_wide_kernel<T, targets>, dim3(static_cast<unsigned>(e.rows)), dim3(layout.threads),
                 static_cast<std::size_t>(layout.cached) * 16, call, e, layout.cached, operands_of<T>(e, call));
  }};
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_cross_entropy_narrow(const exec::KernelRequest& request) {
  const CrossEntropy e = cross_entropy_of(request);
  using Kernel = std::optional<exec::PreparedKernel>;
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> Kernel {
    using T = typename decltype(type)::type;
    if (e.classes >= kNarrowClasses<T>) return std::nullopt;
    if (e.probabilities) return prepare_narrow<T, Targets::kProbabilities>(e);
    return prepare_narrow<T, Targets::kIndices>(e);
  });
}

exec::PreparedKernel prepare_cross_entropy_wide(const exec::KernelRequest& request) {
  const CrossEntropy e = cross_entropy_of(request);
  return with_floating(request.inputs[0].dtype, request.op.name(), [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    if (e.probabilities) return prepare_wide<T, Targets::kProbabilities>(e, request.device);
    if (e.plain()) return prepare_wide<T, Targets::kPlain>(e, request.device);
    return prepare_wide<T, Targets::kIndices>(e, request.device);
  });
}

}  // namespace weft::kernels
