// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/cuda_gemm.h"

#if defined(WEFT_CUDA_EMULATED)
#include <memory>

#include "kernels/support/float_types.h"
#include "kernels/support/grid.cuh"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

struct Matrix {
  std::int64_t m, n, k;
  bool trans_a, trans_b;
};

// One element of C per thread.
template <class T, class C>
__global__ void gemm_kernel(Matrix p, const T* a, const T* b, C* c) {
  using A = Compute<T>;
  for (std::int64_t i = first_element(); i < p.m * p.n; i += element_stride()) {
    const std::int64_t row = i / p.n, column = i % p.n;
    A sum = 0;
    for (std::int64_t x = 0; x < p.k; ++x) {
      sum += static_cast<A>(a[p.trans_a ? x * p.m + row : row * p.k + x]) *
             static_cast<A>(b[p.trans_b ? column * p.k + x : x * p.n + column]);
    }
    c[i] = static_cast<C>(sum);
  }
}

template <class T, class C>
void run(const GemmProblem& p, const Call& call) {
  const Matrix shape{p.m, p.n, p.k, p.trans_a, p.trans_b};
  for (std::int64_t i = 0; i < p.batch; ++i) {
    const auto index = static_cast<std::size_t>(i);
    cuda::launch(gemm_kernel<T, C>, grid_for(p.m * p.n), dim3(kThreads), 0, call, shape,
                 cuda::data<const T>(call.inputs[0]) + p.a_matrix[index] * p.m * p.k,
                 cuda::data<const T>(call.inputs[1]) + p.b_matrix[index] * p.k * p.n,
                 cuda::data<C>(call.outputs[0]) + i * p.m * p.n);
  }
}

}  // namespace

exec::PreparedKernel prepare_gemm(const GemmProblem& problem, Device) {
  return with_floating(problem.dtype, "matmul", [&](auto type) -> exec::PreparedKernel {
    using T = typename decltype(type)::type;
    if (problem.result == problem.dtype) return {[p = problem](const Call& call) { run<T, T>(p, call); }};
    return {[p = problem](const Call& call) { run<T, Compute<T>>(p, call); }};
  });
}

}  // namespace weft::kernels
#endif
