// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/pool/channel.h"
#include "kernels/pool/pool.h"
#include "kernels/pool/request.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

// An element of the result per thread.
namespace weft::kernels {
namespace {

template <class T, class I>
__global__ void __launch_bounds__(kThreads)
    max_pool_kernel(PoolShape s, const T* x, T* y, I* index, std::int64_t elements) {
  for (std::int64_t i = first_element(); i < elements; i += element_stride()) {
    const PoolTile tile = s.elements_of(i / s.c);
    const Largest<T> best = largest(tile.run, x + tile.first * s.c + i % s.c);
    if (y != nullptr) y[i] = best.value;
    if (index != nullptr) index[i] = static_cast<I>(best.position);
  }
}

template <class T, class I>
__global__ void __launch_bounds__(kThreads)
    max_unpool_kernel(PoolShape s, const T* values, const I* index, T* x, std::int64_t elements) {
  for (std::int64_t i = first_element(); i < elements; i += element_stride()) {
    const PoolTile tile = s.windows_over(i / s.c);
    const std::int64_t first = tile.first * s.c + i % s.c;
    x[i] = unpooled(tile.run, values + first, index + first);
  }
}

template <class T, class I>
__global__ void __launch_bounds__(kThreads)
    take_in_windows_kernel(PoolShape s, const T* x, const I* index, T* y, std::int64_t elements) {
  for (std::int64_t i = first_element(); i < elements; i += element_stride()) {
    const std::int64_t pixel = s.pixel_at(i / s.c, index[i]);
    y[i] = pixel < 0 ? T{} : x[pixel * s.c + i % s.c];
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads) avg_pool_kernel(PoolShape s, const T* x, T* y, std::int64_t elements) {
  for (std::int64_t i = first_element(); i < elements; i += element_stride()) {
    const PoolTile tile = s.elements_of(i / s.c);
    y[i] = average(tile.run, x + tile.first * s.c + i % s.c, s.divisor_of(i / s.c));
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    avg_pool_grad_kernel(PoolShape s, const T* dy, T* dx, std::int64_t elements) {
  for (std::int64_t i = first_element(); i < elements; i += element_stride()) {
    const PoolTile tile = s.windows_over(i / s.c);
    const auto share = [&](std::int64_t window) { return 1 / s.divisor_of(tile.first + window); };
    dx[i] = average_grad(tile.run, dy + tile.first * s.c + i % s.c, share);
  }
}

}  // namespace

exec::PreparedKernel prepare_max_pool_reference_cuda(const exec::KernelRequest& request) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) {
    return with_position(request.outputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[s = pool_of_image(request)](const Call& call) {
        const std::int64_t n = s.windows() * s.c;
        cuda::launch(max_pool_kernel<T, I>, grid_for(n), dim3(kThreads), 0, call, s,
                     cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]),
                     cuda::data<I>(call.outputs[1]), n);
      }};
    });
  });
}

exec::PreparedKernel prepare_max_unpool_reference_cuda(const exec::KernelRequest& request) {
  return with_dtype(request.inputs[0].dtype, [&]<class T>(std::type_identity<T>) {
    return with_position(request.inputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[s = pool_to_image(request)](const Call& call) {
        const std::int64_t n = s.pixels() * s.c;
        cuda::launch(max_unpool_kernel<T, I>, grid_for(n), dim3(kThreads), 0, call, s,
                     cuda::data<const T>(call.inputs[0]), cuda::data<const I>(call.inputs[1]),
                     cuda::data<T>(call.outputs[0]), n);
      }};
    });
  });
}

exec::PreparedKernel prepare_take_in_windows_cuda(const exec::KernelRequest& request) {
  return with_size(size_of(request.inputs[0].dtype), [&]<class T>(std::type_identity<T>) {
    return with_position(request.inputs[1].dtype, [&]<class I>(std::type_identity<I>) -> exec::PreparedKernel {
      return {[s = pool_of_image(request)](const Call& call) {
        const std::int64_t n = s.windows() * s.c;
        cuda::launch(take_in_windows_kernel<T, I>, grid_for(n), dim3(kThreads), 0, call, s,
                     cuda::data<const T>(call.inputs[0]), cuda::data<const I>(call.inputs[1]),
                     cuda::data<T>(call.outputs[0]), n);
      }};
    });
  });
}

exec::PreparedKernel prepare_avg_pool_reference_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(),
                       [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
                         return {[s = pool_of_image(request)](const Call& call) {
                           const std::int64_t n = s.windows() * s.c;
                           cuda::launch(avg_pool_kernel<T>, grid_for(n), dim3(kThreads), 0, call, s,
                                        cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]), n);
                         }};
                       });
}

exec::PreparedKernel prepare_avg_pool_grad_reference_cuda(const exec::KernelRequest& request) {
  return with_floating(request.inputs[0].dtype, request.op.name(),
                       [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
                         return {[s = pool_to_image(request)](const Call& call) {
                           const std::int64_t n = s.pixels() * s.c;
                           cuda::launch(avg_pool_grad_kernel<T>, grid_for(n), dim3(kThreads), 0, call, s,
                                        cuda::data<const T>(call.inputs[0]), cuda::data<T>(call.outputs[0]), n);
                         }};
                       });
}

}  // namespace weft::kernels
