// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/device/thread_pool.h"
#include "kernels/matmul/matmul.h"
#include "kernels/matmul/reference.h"

namespace weft::kernels {

// Rows of C are shared out to the threads; every element is one sum, whatever their number.
exec::PreparedKernel prepare_matmul_reference_cpu(const exec::KernelRequest& request) {
  const GemmProblem problem = gemm_problem(request);
  return with_product_types(
      problem.dtype, problem.result, "matmul", [&](auto operand, auto result) -> exec::PreparedKernel {
        using T = typename decltype(operand)::type;
        using C = typename decltype(result)::type;
        return {[problem, p = matrix_product(problem)](const Call& call) {
          const auto* a = static_cast<const T*>(call.inputs[0].data);
          const auto* b = static_cast<const T*>(call.inputs[1].data);
          auto* c = static_cast<C*>(call.outputs[0].data);
          parallel_for(problem.batch * p.m, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
              const auto matrix = static_cast<std::size_t>(i / p.m);
              const T* left = a + problem.a_matrix[matrix] * p.m * p.k;
              const T* right = b + problem.b_matrix[matrix] * p.k * p.n;
              for (std::int64_t column = 0; column < p.n; ++column)
                c[i * p.n + column] = static_cast<C>(element_of_product(p, left, right, i % p.m, column));
            }
          });
        }};
      });
}

}  // namespace weft::kernels
