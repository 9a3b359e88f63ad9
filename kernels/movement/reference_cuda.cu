// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/movement/movement.h"
#include "kernels/movement/reference.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// An element per thread.
template <class T>
__global__ void copy_reference_kernel(Strided s, std::int64_t n, const T* in, T* out) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) copy_element(s, in, out, i);
}

template <class T>
__global__ void zero_reference_kernel(T* out, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) out[i] = T{0};
}

}  // namespace

// A launch per input and per gap.
exec::PreparedKernel prepare_movement_reference_cuda(const exec::KernelRequest& request) {
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_size(size_of(request.outputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n, movement = movement_of(request)](const Call& call) {
      T* out = cuda::data<T>(call.outputs[0]);
      const auto zero = [&](T* from, std::int64_t count) {
        cuda::launch(zero_reference_kernel<T>, grid_for(count), dim3(kThreads), 0, call, from, count);
      };
      if (movement.zero_first) zero(out, n);
      for (std::size_t i = 0; i < movement.copies.size(); ++i) {
        const Strided& copy = movement.copies[i];
        const T* in = cuda::data<const T>(call.inputs[movement.input_of(i)]);
        if (copy.is_there(out, in, sizeof(T))) continue;
        cuda::launch(copy_reference_kernel<T>, grid_for(copy.count()), dim3(kThreads), 0, call, copy, copy.count(), in,
                     out);
      }
      for (const Run& gap : movement.gaps) zero(out + gap.begin, gap.count);
    }};
  });
}

}  // namespace weft::kernels
