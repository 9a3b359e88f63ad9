// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/dispatch.h"
#include "kernels/common/grid.cuh"
#include "kernels/movement/movement.h"
#include "kernels/movement/triangle.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

template <class T>
__global__ void triangle_kernel(Triangle t, const T* x, T* y, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_stride()) {
    const std::int64_t column = i % t.columns, row = i / t.columns % t.rows;
    y[i] = column >= t.begin(row) && column < t.end(row) ? x[i] : T{0};
  }
}

}  // namespace

exec::PreparedKernel prepare_triangle_cuda(const exec::KernelRequest& request) {
  const std::int64_t n = request.outputs[0].shape.numel();
  return with_size(size_of(request.outputs[0].dtype), [&]<class T>(std::type_identity<T>) -> exec::PreparedKernel {
    return {[n, t = triangle_of(request)](const Call& call) {
      cuda::launch(triangle_kernel<T>, grid_for(n), dim3(kThreads), 0, call, t, cuda::data<const T>(call.inputs[0]),
                   cuda::data<T>(call.outputs[0]), n);
    }};
  });
}

}  // namespace weft::kernels
