// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "kernels/common/axis_split.h"
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/sort/running_sum.h"
#include "kernels/sort/sort.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

// Running sums in a fixed order. A library's scan adds floats in an order that changes from run to run.
namespace weft::kernels {
namespace {

constexpr int kPerThread = 8;
constexpr int kPerBlock = kThreads * kPerThread;

// Work of a block: a line whose elements are neighbors, kPerBlock of them at a time. A long line is not shared out
// among blocks.
template <class T>
__global__ void cumsum_line_kernel(AxisSplit split, bool reverse, const T* x, T* out) {
  WEFT_SHARED_ARRAY(RunningSum<T>, totals, kThreads);
  const int thread = static_cast<int>(threadIdx.x);
  for (std::int64_t line = blockIdx.x; line < split.outer; line += gridDim.x) {
    const std::int64_t base = line * split.size;
    RunningSum<T> before = 0;
    for (std::int64_t chunk = 0; chunk < split.size; chunk += kPerBlock) {
      RunningSum<T> own[kPerThread];
      RunningSum<T> total = 0;
      for (int k = 0; k < kPerThread; ++k) {
        const std::int64_t j = chunk + thread * kPerThread + k;
        if (j < split.size) total += to_sum(x[base + (reverse ? split.size - 1 - j : j)]);
        own[k] = total;
      }
      totals[thread] = total;
      __syncthreads();
      for (int distance = 1; distance < kThreads; distance *= 2) {
        const RunningSum<T> left = thread >= distance ? totals[thread - distance] : RunningSum<T>{0};
        __syncthreads();
        totals[thread] += left;
        __syncthreads();
      }
      const RunningSum<T> start = before + (thread > 0 ? totals[thread - 1] : RunningSum<T>{0});
      for (int k = 0; k < kPerThread; ++k) {
        const std::int64_t j = chunk + thread * kPerThread + k;
        if (j < split.size) out[base + (reverse ? split.size - 1 - j : j)] = to_element<T>(start + own[k]);
      }
      before += totals[kThreads - 1];
      __syncthreads();
    }
  }
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_cumsum_lines(const exec::KernelRequest& request) {
  const AxisSplit split = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  if (split.inner != 1) return std::nullopt;
  const bool reverse = request.attributes.boolean("reverse");
  const dim3 grid(static_cast<unsigned>(std::min<std::int64_t>(split.outer, 1 << 16)));
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[split, reverse, grid](const Call& call) {
      cuda::launch(cumsum_line_kernel<T>, grid, dim3(kThreads), 0, call, split, reverse,
                   cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]));
    }};
  });
}

}  // namespace weft::kernels
