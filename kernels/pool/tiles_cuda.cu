// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dispatch.h"
#include "kernels/common/float_types.h"
#include "kernels/common/grid.cuh"
#include "kernels/common/tiles.cuh"
#include "kernels/pool/channel.h"
#include "kernels/pool/pool.h"
#include "kernels/pool/request.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

// The box of a pixel is found once, for all its channels.
namespace weft::kernels {
namespace {

// Calls body(tile, element, channel) for every element of the windows, or of the image.
template <class Body>
__device__ void for_windows(const PoolShape& s, const Body& body) {
  for_tiles<PoolTile>(
      s.n * s.windows_of_image(), s.c, [&](std::int64_t window) { return s.elements_of(window); }, body);
}
template <class Body>
__device__ void for_pixels(const PoolShape& s, const Body& body) {
  for_tiles<PoolTile>(
      s.n * s.pixels_of_image(), s.c, [&](std::int64_t pixel) { return s.windows_over(pixel); }, body);
}

template <class T, class I>
__global__ void __launch_bounds__(kThreads) max_pool_tiles_kernel(PoolShape s, const T* x, T* y, I* index) {
  for_windows(s, [&](const PoolTile& tile, std::int64_t element, std::int64_t channel) {
    const Largest<T> best = largest(tile.run, x + tile.first * s.c + channel);
    if (y != nullptr) y[element] = best.value;
    if (index != nullptr) index[element] = static_cast<I>(best.position);
  });
}

template <class T, class I>
__global__ void __launch_bounds__(kThreads)
    max_unpool_tiles_kernel(PoolShape s, const T* values, const I* index, T* x) {
  for_pixels(s, [&](const PoolTile& tile, std::int64_t element, std::int64_t channel) {
    const std::int64_t first = tile.first * s.c + channel;
    x[element] = unpooled(tile.run, values + first, index + first);
  });
}

// The divisor of each window of an image, or its share in the mean.
template <bool share>
__global__ void __launch_bounds__(kThreads) avg_pool_divisors_kernel(PoolShape s, double* divisors) {
  for (std::int64_t i = first_element(); i < s.windows_of_image(); i += element_stride())
    divisors[i] = share ? 1 / s.divisor_of(i) : s.divisor_of(i);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    avg_pool_tiles_kernel(PoolShape s, const T* x, const double* divisors, T* y) {
  const std::int64_t windows = s.windows_of_image();
  for_windows(s, [&](const PoolTile& tile, std::int64_t element, std::int64_t channel) {
    y[element] = average(tile.run, x + tile.first * s.c + channel, divisors[element / s.c % windows]);
  });
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    avg_pool_grad_tiles_kernel(PoolShape s, const T* dy, const double* shares, T* dx) {
  for_pixels(s, [&](const PoolTile& tile, std::int64_t element, std::int64_t channel) {
    const double* share = shares + (tile.first - tile.image);
    dx[element] =
        average_grad(tile.run, dy + tile.first * s.c + channel, [&](std::int64_t window) { return share[window]; });
  });
}

std::size_t divisors_bytes(const PoolShape& s) {
  return static_cast<std::size_t>(s.windows_of_image()) * sizeof(double);
}

}  // namespace

exec::PreparedKernel prepare_max_pool_tiles(const exec::KernelRequest& request) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) {
    return with_position(request.outputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[s = pool_of_image(request)](const Call& call) {
        cuda::launch(max_pool_tiles_kernel<T, I>, grid_for_tiles(s.windows(), s.c), dim3(kThreads), 0, call, s,
                     cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]),
                     cuda::data<I>(call.outputs[1]));
      }};
    });
  });
}

exec::PreparedKernel prepare_max_unpool_tiles(const exec::KernelRequest& request) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) {
    return with_position(request.inputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[s = pool_to_image(request)](const Call& call) {
        cuda::launch(max_unpool_tiles_kernel<T, I>, grid_for_tiles(s.pixels(), s.c), dim3(kThreads), 0, call, s,
                     cuda::data<const T>(call.inputs[0]), cuda::data<const I>(call.inputs[1]),
                     cuda::data<T>(call.outputs[0]));
      }};
    });
  });
}

exec::PreparedKernel prepare_avg_pool_tiles(const exec::KernelRequest& request) {
  return with_floating(
      request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
        const PoolShape s = pool_of_image(request);
        return {[s](const Call& call) {
                  auto* divisors = cuda::data<double>(call.workspace);
                  cuda::launch(avg_pool_divisors_kernel<false>, grid_for(s.windows_of_image()), dim3(kThreads), 0, call,
                               s, divisors);
                  cuda::launch(avg_pool_tiles_kernel<T>, grid_for_tiles(s.windows(), s.c), dim3(kThreads), 0, call, s,
                               cuda::data<const T>(call.inputs[0]), divisors, cuda::data<T>(call.outputs[0]));
                },
                divisors_bytes(s)};
      });
}

exec::PreparedKernel prepare_avg_pool_grad_tiles(const exec::KernelRequest& request) {
  return with_floating(
      request.inputs[0].dtype, request.op.name(), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
        const PoolShape s = pool_to_image(request);
        return {[s](const Call& call) {
                  auto* shares = cuda::data<double>(call.workspace);
                  cuda::launch(avg_pool_divisors_kernel<true>, grid_for(s.windows_of_image()), dim3(kThreads), 0, call,
                               s, shares);
                  cuda::launch(avg_pool_grad_tiles_kernel<T>, grid_for_tiles(s.pixels(), s.c), dim3(kThreads), 0, call,
                               s, cuda::data<const T>(call.inputs[0]), shares, cuda::data<T>(call.outputs[0]));
                },
                divisors_bytes(s)};
      });
}

}  // namespace weft::kernels
