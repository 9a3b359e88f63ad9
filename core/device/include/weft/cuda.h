// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cuda_runtime.h>

#include <cstddef>
#include <string>
#include <utility>

#include "weft/detail/export.h"
#include "weft/error.h"
#include "weft/kernel_call.h"

// Helpers for kernels in .cu files. Apart from weft/cuda_kernel.h no other public header includes CUDA.
namespace weft WEFT_EXPORT {
namespace cuda {

// The stream that a kernel's work goes to.
inline cudaStream_t stream(const Call& call) { return static_cast<cudaStream_t>(call.stream); }

// The elements of an operand.
template <class T>
T* data(const View& view) {
  return static_cast<T*>(view.data);
}

namespace detail {

inline void check(cudaError_t error, const void* kernel) {
  if (error == cudaSuccess) return;
  static_cast<void>(cudaGetLastError());
  const char* name = nullptr;
  if (cudaFuncGetName(&name, kernel) != cudaSuccess || name == nullptr) {
    static_cast<void>(cudaGetLastError());
    name = "a kernel";
  }
  throw DeviceError(
      "cuda", "",
      std::string("launching ") + name + " failed: " + cudaGetErrorName(error) + ": " + cudaGetErrorString(error));
}

}  // namespace detail

// Enqueues kernel<<<grid, block, shared>>>(args...) on the call's stream and device; `shared` is in bytes and may be
// above 48 KiB. A grid without blocks does nothing. Throws DeviceError naming the kernel.
template <class... P, class... A>
void launch(void (*kernel)(P...), dim3 grid, dim3 block, std::size_t shared, const Call& call, A... args) {
  static_assert(sizeof...(P) == sizeof...(A), "as many arguments as the kernel has parameters");
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  const auto* const function = reinterpret_cast<const void*>(kernel);
  int before = call.device;
  detail::check(cudaGetDevice(&before), function);
  if (before != call.device) detail::check(cudaSetDevice(call.device), function);
  constexpr std::size_t kWithoutAsking = std::size_t{48} << 10;
  cudaError_t error = cudaSuccess;
  if (shared > kWithoutAsking) {
    error = cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared));
  }
  if (error == cudaSuccess) {
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.dynamicSmemBytes = shared;
    config.stream = stream(call);
    error = cudaLaunchKernelEx(&config, kernel, static_cast<P>(args)...);
  }
  if (before != call.device) static_cast<void>(cudaSetDevice(before));
  detail::check(error, function);
}

}  // namespace cuda
}  // namespace weft
