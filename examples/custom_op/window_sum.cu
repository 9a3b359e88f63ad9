// SPDX-License-Identifier: Apache-2.0
// The CUDA kernel of the custom op.
#include "window_sum.h"

#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace {

struct Window {
  const float* x;
  float* y;
  int columns, left, right;
};

__global__ void window_sum_kernel(Window w) {
  const int column = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (column >= w.columns) return;
  const float* row = w.x + static_cast<std::size_t>(blockIdx.y) * w.columns;
  float sum = 0;
  for (int j = column - w.left; j <= column + w.right; ++j)
    if (j >= 0 && j < w.columns) sum += row[j];
  w.y[static_cast<std::size_t>(blockIdx.y) * w.columns + column] = sum;
}

}  // namespace

void window_sum_cuda(const weft::Call& call, int left, int right) {
  const weft::Shape& shape = call.inputs[0].spec.shape;
  const Window window{weft::cuda::data<const float>(call.inputs[0]), weft::cuda::data<float>(call.outputs[0]),
                      static_cast<int>(shape[1]), left, right};
  constexpr unsigned kThreads = 256;
  const dim3 grid((static_cast<unsigned>(shape[1]) + kThreads - 1) / kThreads, static_cast<unsigned>(shape[0]), 1);
  weft::cuda::launch(&window_sum_kernel, grid, dim3(kThreads, 1, 1), 0, call, window);
}
