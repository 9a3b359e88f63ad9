// SPDX-License-Identifier: Apache-2.0
#pragma once

// Kernel launch: arguments are copied by value at the call, as CUDA does, and the grid runs when the stream does.
#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "emulated/driver_types.h"

namespace weft::emulator::detail {
cudaError_t launch(const cudaLaunchConfig_t* config, const void* kernel, std::function<void()> thread_body);
}  // namespace weft::emulator::detail

template <class... P, class... A>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(P...), A&&... arguments) {
  static_assert(sizeof...(P) == sizeof...(A), "the launch passes another number of arguments than the kernel takes");
  static_assert((std::is_trivially_copyable_v<P> && ...), "kernel arguments are copied as bytes");
  static_assert((!std::is_reference_v<P> && ...), "a kernel cannot take a reference to host memory");
  // Parameters of the lambda: implicit conversions, as CUDA's own header does it.
  return [&](P... values) {
    return weft::emulator::detail::launch(
        config, reinterpret_cast<const void*>(kernel),
        [kernel, packed = std::tuple<P...>(values...)] { std::apply(kernel, packed); });
  }(std::forward<A>(arguments)...);
}
