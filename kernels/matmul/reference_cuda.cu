// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/grid.cuh"
#include "kernels/matmul/matmul.h"
#include "kernels/matmul/reference.h"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {

namespace {

// An element of C per thread.
template <class T, class C>
__global__ void __launch_bounds__(kThreads) matmul_reference_kernel(MatrixProduct p, const T* a, const T* b, C* c) {
  for (std::int64_t i = first_element(); i < p.m * p.n; i += element_stride())
    c[i] = static_cast<C>(element_of_product(p, a, b, i / p.n, i % p.n));
}

}  // namespace

// One launch per matrix of a batch.
exec::PreparedKernel prepare_matmul_reference_cuda(const exec::KernelRequest& request) {
  const GemmProblem problem = gemm_problem(request);
  if (problem.m * problem.n == 0) return {[](const Call&) {}};
  return with_product_types(problem.dtype, problem.result, "matmul",
                            [&](auto operand, auto result) -> exec::PreparedKernel {
                              using T = typename decltype(operand)::type;
                              using C = typename decltype(result)::type;
                              return {[problem, p = matrix_product(problem)](const Call& call) {
                                const auto* a = cuda::data<const T>(call.inputs[0]);
                                const auto* b = cuda::data<const T>(call.inputs[1]);
                                auto* c = cuda::data<C>(call.outputs[0]);
                                for (std::int64_t i = 0; i < problem.batch; ++i) {
                                  const auto matrix = static_cast<std::size_t>(i);
                                  cuda::launch(matmul_reference_kernel<T, C>, grid_for(p.m * p.n), dim3(kThreads), 0,
                                               call, p, a + problem.a_matrix[matrix] * p.m * p.k,
                                               b + problem.b_matrix[matrix] * p.k * p.n, c + i * p.m * p.n);
                                }
                              }};
                            });
}

}  // namespace weft::kernels
