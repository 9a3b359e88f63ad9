// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/float_types.h"
#include "kernels/common/tiles.cuh"
#include "kernels/resample/reference.h"
#include "kernels/resample/resample.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

// The entries of a row of the matrix are found once, for all elements that they weigh.
namespace weft::kernels {
namespace {

constexpr int kMostEntries = 8;  // of which the weights are kept

template <class A>
struct Entries {
  std::int64_t line;  // of x, from its first element on
  std::int64_t first, count;
  A weight[kMostEntries];
};

template <class T>
__global__ void __launch_bounds__(kThreads) resample_tiles_kernel(ResamplePlan p, const T* x, T* y) {
  using A = Compute<T>;
  const auto weight = [&](std::int64_t at, std::int64_t j) {
    return static_cast<A>(p.transposed ? p.rule.weight(j, at) : p.rule.weight(at, j));
  };
  const auto find = [&](std::int64_t row) {
    const std::int64_t at = row % p.y.size;
    Entries<A> e;
    e.line = row / p.y.size * p.x.size * p.x.inner;
    e.first = p.transposed ? p.rule.first_row(at) : p.rule.lowest(at);
    e.count = (p.transposed ? p.rule.end_row(at) : p.rule.highest(at) + 1) - e.first;
    for (int k = 0; k < kMostEntries && k < e.count; ++k) e.weight[k] = weight(at, e.first + k);
    return e;
  };
  for_tiles<Entries<A>>(
      p.y.outer * p.y.size, p.y.inner, find, [&](const Entries<A>& e, std::int64_t element, std::int64_t column) {
        const T* from = x + e.line + e.first * p.x.inner + column;
        A sum{};
        for (std::int64_t k = 0; k < e.count; ++k) {
          const A w = k < kMostEntries ? e.weight[k] : weight(element / p.y.inner % p.y.size, e.first + k);
          if (w != 0) sum += static_cast<A>(from[k * p.x.inner]) * w;
        }
        y[element] = static_cast<T>(sum);
      });
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_resample_tiles(const exec::KernelRequest& request) {
  const ResamplePlan plan = resample_plan(request);
  if (moves_only(plan)) return std::nullopt;
  return with_floating(
      request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
        return {[plan](const Call& call) {
          cuda::launch(resample_tiles_kernel<T>, grid_for_tiles(plan.y.outer * plan.y.size, plan.y.inner),
                       dim3(kThreads), 0, call, plan, cuda::data<const T>(call.inputs[0]),
                       cuda::data<T>(call.outputs[0]));
        }};
      });
}

}  // namespace weft::kernels
