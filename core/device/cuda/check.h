// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cuda_runtime.h>

namespace weft::cuda_backend {

// Throws DeviceError with the call, the error's name and its description.
[[noreturn]] void throw_cuda_error(cudaError_t error, const char* call);
// A warning in the log instead of a throw, for destructors. Silent after CUDA is gone, because the process is exiting
// then.
void log_cuda_error(cudaError_t error, const char* call) noexcept;

}  // namespace weft::cuda_backend

// Every call of the CUDA runtime goes through one of these two.
#define WEFT_CUDA(call)                                                                       \
  do {                                                                                        \
    const cudaError_t weft_error = (call);                                                    \
    if (weft_error != cudaSuccess) ::weft::cuda_backend::throw_cuda_error(weft_error, #call); \
  } while (false)

#define WEFT_CUDA_NOTHROW(call)                                                             \
  do {                                                                                      \
    const cudaError_t weft_error = (call);                                                  \
    if (weft_error != cudaSuccess) ::weft::cuda_backend::log_cuda_error(weft_error, #call); \
  } while (false)
