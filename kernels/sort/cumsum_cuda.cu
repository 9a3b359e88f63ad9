// SPDX-License-Identifier: Apache-2.0
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

// inner > 1: a thread walks a column, and neighboring threads take neighboring columns.
template <class T>
__global__ void cumsum_columns_kernel(AxisSplit split, bool reverse, const T* x, T* out) {
  for (std::int64_t column = first_element(); column < split.outer * split.inner; column += element_stride()) {
    const std::int64_t base = column / split.inner * split.size * split.inner + column % split.inner;
    RunningSum<T> sum = 0;
    for (std::int64_t j = 0; j < split.size; ++j) {
      const std::int64_t at = base + (reverse ? split.size - 1 - j : j) * split.inner;
      sum += to_sum(x[at]);
      out[at] = to_element<T>(sum);
    }
  }
}

// inner == 1: a block takes a line, kPerBlock elements at a time; a long line is not shared out among blocks.
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

exec::PreparedKernel prepare_cumsum_cuda(const exec::KernelRequest& request) {
  const AxisSplit split = split_at(request.inputs[0].shape, request.attributes.integer("axis"));
  const bool reverse = request.attributes.boolean("reverse");
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[split, reverse](const Call& call) {
      const T* x = cuda::data<const T>(call.inputs[0]);
      T* out = cuda::data<T>(call.outputs[0]);
      if (split.inner == 1) {
        const dim3 grid(static_cast<unsigned>(std::min<std::int64_t>(split.outer, 1 << 16)));
        cuda::launch(cumsum_line_kernel<T>, grid, dim3(kThreads), 0, call, split, reverse, x, out);
      } else {
        cuda::launch(cumsum_columns_kernel<T>, grid_for(split.outer * split.inner), dim3(kThreads), 0, call, split,
                     reverse, x, out);
      }
    }};
  });
}

}  // namespace weft::kernels
