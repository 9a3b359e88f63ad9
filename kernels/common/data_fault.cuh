// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cuda_runtime.h>

#include <cstdint>

#include "weft/kernel_call.h"

namespace weft::kernels {

// Reports a bad value and its position from a CUDA kernel: the first report stays.
__device__ inline void raise_data_error(DataFault* fault, std::int32_t code, std::int64_t value, std::int64_t at) {
  if (atomicCAS(&fault->code, 0, code) != 0) return;
  fault->value = value;
  fault->at = at;
}

}  // namespace weft::kernels
