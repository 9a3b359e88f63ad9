// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/common/dispatch.h"
#include "kernels/pool/channel.h"
#include "kernels/pool/pool.h"
#include "kernels/pool/request.h"

namespace weft::kernels {
namespace {

constexpr std::int64_t kGrain = 1 << 12;  // channels of pixels that are worth a task

// Calls each(pixel) for the pixels of either side, shared by the threads.
template <class Each>
void for_pixels(std::int64_t pixels, std::int64_t channels, const Each& each) {
  if (channels == 0) return;
  parallel_for(pixels, std::max<std::int64_t>(1, kGrain / channels), [&](std::int64_t begin, std::int64_t end) {
    for (; begin < end; ++begin) each(begin);
  });
}

}  // namespace

exec::PreparedKernel prepare_max_pool_reference_cpu(const exec::KernelRequest& request) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) {
    return with_position(request.outputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[s = pool_of_image(request)](const Call& call) {
        const auto* x = static_cast<const T*>(call.inputs[0].data);
        auto* y = static_cast<T*>(call.outputs[0].data);
        auto* index = static_cast<I*>(call.outputs[1].data);
        for_pixels(s.windows(), s.c, [&](std::int64_t window) {
          const PoolTile tile = s.elements_of(window);
          for (std::int64_t c = 0; c < s.c; ++c) {
            const Largest<T> best = largest(tile.run, x + tile.first * s.c + c);
            if (y != nullptr) y[window * s.c + c] = best.value;
            if (index != nullptr) index[window * s.c + c] = static_cast<I>(best.position);
          }
        });
      }};
    });
  });
}

exec::PreparedKernel prepare_max_unpool_reference_cpu(const exec::KernelRequest& request) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) {
    return with_position(request.inputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[s = pool_to_image(request)](const Call& call) {
        const auto* values = static_cast<const T*>(call.inputs[0].data);
        const auto* index = static_cast<const I*>(call.inputs[1].data);
        auto* x = static_cast<T*>(call.outputs[0].data);
        for_pixels(s.pixels(), s.c, [&](std::int64_t pixel) {
          const PoolTile tile = s.windows_over(pixel);
          const std::int64_t first = tile.first * s.c;
          for (std::int64_t c = 0; c < s.c; ++c)
            x[pixel * s.c + c] = unpooled(tile.run, values + first + c, index + first + c);
        });
      }};
    });
  });
}

exec::PreparedKernel prepare_take_in_windows_cpu(const exec::KernelRequest& request) {
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) {
    return with_position(request.inputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[s = pool_of_image(request)](const Call& call) {
        const auto* x = static_cast<const T*>(call.inputs[0].data);
        const auto* index = static_cast<const I*>(call.inputs[1].data);
        auto* y = static_cast<T*>(call.outputs[0].data);
        for_pixels(s.windows(), s.c, [&](std::int64_t window) {
          for (std::int64_t i = window * s.c; i < (window + 1) * s.c; ++i) {
            const std::int64_t pixel = s.pixel_at(window, index[i]);
            y[i] = pixel < 0 ? T{} : x[pixel * s.c + i % s.c];
          }
        });
      }};
    });
  });
}

exec::PreparedKernel prepare_avg_pool_reference_cpu(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(),
                       [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
                         return {[s = pool_of_image(request)](const Call& call) {
                           const auto* x = static_cast<const T*>(call.inputs[0].data);
                           auto* y = static_cast<T*>(call.outputs[0].data);
                           for_pixels(s.windows(), s.c, [&](std::int64_t window) {
                             const PoolTile tile = s.elements_of(window);
                             const double divisor = s.divisor_of(window);
                             for (std::int64_t c = 0; c < s.c; ++c)
                               y[window * s.c + c] = average(tile.run, x + tile.first * s.c + c, divisor);
                           });
                         }};
                       });
}

exec::PreparedKernel prepare_avg_pool_grad_reference_cpu(const exec::KernelRequest& request) {
  return with_floating(
      request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
        return {[s = pool_to_image(request)](const Call& call) {
          const auto* dy = static_cast<const T*>(call.inputs[0].data);
          auto* dx = static_cast<T*>(call.outputs[0].data);
          for_pixels(s.pixels(), s.c, [&](std::int64_t pixel) {
            const PoolTile tile = s.windows_over(pixel);
            const auto share = [&](std::int64_t window) { return 1 / s.divisor_of(tile.first + window); };
            for (std::int64_t c = 0; c < s.c; ++c)
              dx[pixel * s.c + c] = average_grad(tile.run, dy + tile.first * s.c + c, share);
          });
        }};
      });
}

}  // namespace weft::kernels
