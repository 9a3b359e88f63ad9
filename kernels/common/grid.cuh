// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "weft/cuda_kernel.h"

// Loops over n elements by a grid whose size follows from n alone.
namespace weft::kernels {

inline constexpr int kThreads = 256;

// Above the cap the threads go round: enough blocks to fill any GPU several times.
inline dim3 grid_for(std::int64_t n) {
  return dim3(static_cast<unsigned>(std::min<std::int64_t>((n + kThreads - 1) / kThreads, 1 << 16)));
}

__device__ inline std::int64_t first_element() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline std::int64_t element_stride() { return static_cast<std::int64_t>(gridDim.x) * blockDim.x; }

}  // namespace weft::kernels
