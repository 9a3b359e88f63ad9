// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/cuda_gemm.h"

#if defined(WEFT_CUDA_EMULATED)
#include <memory>

#include "core/formula/elementwise.h"
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

template <class A, class T>
__device__ A finished(GemmEpilogue epilogue, A x, const T* operand, std::int64_t element, std::int64_t column) {
  switch (epilogue) {
    case GemmEpilogue::kNone:
      return x;
    case GemmEpilogue::kAddend:
      return x + static_cast<A>(operand[element]);
    case GemmEpilogue::kBias:
      return x + static_cast<A>(operand[column]);
    case GemmEpilogue::kRelu:
      return Formula<Fn::kRelu>::value(x);
    case GemmEpilogue::kReluBias:
      return Formula<Fn::kRelu>::value(x + static_cast<A>(operand[column]));
    case GemmEpilogue::kGelu:
      return Formula<Fn::kGeluTanh>::value(x);
    case GemmEpilogue::kGeluBias:
      return Formula<Fn::kGeluTanh>::value(x + static_cast<A>(operand[column]));
  }
  return x;
}

// One element of C per thread.
template <class T, class C>
__global__ void gemm_kernel(Matrix p, GemmEpilogue epilogue, const T* a, const T* b, const C* operand, C* c) {
  using A = Compute<T>;
  for (std::int64_t i = first_element(); i < p.m * p.n; i += element_stride()) {
    const std::int64_t row = i / p.n, column = i % p.n;
    A sum = 0;
    for (std::int64_t x = 0; x < p.k; ++x) {
      sum += static_cast<A>(a[p.trans_a ? x * p.m + row : row * p.k + x]) *
             static_cast<A>(b[p.trans_b ? column * p.k + x : x * p.n + column]);
    }
    c[i] = static_cast<C>(finished(epilogue, sum, operand, i, column));
  }
}

template <class T, class C>
void run(const GemmProblem& p, GemmEpilogue epilogue, const Call& call) {
  const auto* operand = call.inputs.size() > 2 ? cuda::data<const C>(call.inputs[2]) : nullptr;
  const Matrix shape{p.m, p.n, p.k, p.trans_a, p.trans_b};
  for (std::int64_t i = 0; i < p.batch; ++i) {
    const auto index = static_cast<std::size_t>(i);
    cuda::launch(gemm_kernel<T, C>, grid_for(p.m * p.n), dim3(kThreads), 0, call, shape, epilogue,
                 cuda::data<const T>(call.inputs[0]) + p.a_matrix[index] * p.m * p.k,
                 cuda::data<const T>(call.inputs[1]) + p.b_matrix[index] * p.k * p.n, operand,
                 cuda::data<C>(call.outputs[0]) + i * p.m * p.n);
  }
}

}  // namespace

std::optional<exec::PreparedKernel> prepare_gemm(const GemmProblem& problem, GemmEpilogue epilogue, Device) {
  return with_floating(problem.dtype, "matmul", [&](auto type) {
    using T = typename decltype(type)::type;
    if (problem.result == problem.dtype)
      return exec::PreparedKernel{[=](const Call& call) { run<T, T>(problem, epilogue, call); }};
    return exec::PreparedKernel{[=](const Call& call) { run<T, Compute<T>>(problem, epilogue, call); }};
  });
}

}  // namespace weft::kernels
#endif
