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

// What an activation is applied to.
template <class A, class T>
__device__ A argument(GemmEpilogue epilogue, A x, const T* operand, std::int64_t element, std::int64_t column) {
  switch (epilogue) {
    case GemmEpilogue::kAddend:
      return x + static_cast<A>(operand[element]);
    case GemmEpilogue::kBias:
    case GemmEpilogue::kReluBias:
    case GemmEpilogue::kGeluBias:
    case GemmEpilogue::kGeluAuxBias:
      return x + static_cast<A>(operand[column]);
    case GemmEpilogue::kNone:
    case GemmEpilogue::kRelu:
    case GemmEpilogue::kGelu:
    case GemmEpilogue::kGeluAux:
      break;
  }
  return x;
}

template <class A>
__device__ A activated(GemmEpilogue epilogue, A x) {
  switch (epilogue) {
    case GemmEpilogue::kRelu:
    case GemmEpilogue::kReluBias:
      return Formula<Fn::kRelu>::value(x);
    case GemmEpilogue::kGelu:
    case GemmEpilogue::kGeluBias:
    case GemmEpilogue::kGeluAux:
    case GemmEpilogue::kGeluAuxBias:
      return Formula<Fn::kGeluTanh>::value(x);
    case GemmEpilogue::kNone:
    case GemmEpilogue::kAddend:
    case GemmEpilogue::kBias:
      break;
  }
  return x;
}

// One element of C per thread.
template <class T, class C>
__global__ void gemm_kernel(Matrix p, GemmEpilogue epilogue, const T* a, const T* b, const C* operand, C* c, C* aux) {
  using A = Compute<T>;
  for (std::int64_t i = first_element(); i < p.m * p.n; i += element_stride()) {
    const std::int64_t row = i / p.n, column = i % p.n;
    A sum = 0;
    for (std::int64_t x = 0; x < p.k; ++x) {
      sum += static_cast<A>(a[p.trans_a ? x * p.m + row : row * p.k + x]) *
             static_cast<A>(b[p.trans_b ? column * p.k + x : x * p.n + column]);
    }
    const A x = argument(epilogue, sum, operand, i, column);
    if (aux) aux[i] = static_cast<C>(x);
    c[i] = static_cast<C>(activated(epilogue, x));
  }
}

template <class T, class C>
void run(const GemmProblem& p, GemmEpilogue epilogue, const Call& call) {
  const auto* operand = call.inputs.size() > 2 ? cuda::data<const C>(call.inputs[2]) : nullptr;
  auto* aux = call.outputs.size() > 1 ? cuda::data<C>(call.outputs[1]) : nullptr;
  const Matrix shape{p.m, p.n, p.k, p.trans_a, p.trans_b};
  for (std::int64_t i = 0; i < p.batch; ++i) {
    const auto index = static_cast<std::size_t>(i);
    cuda::launch(gemm_kernel<T, C>, grid_for(p.m * p.n), dim3(kThreads), 0, call, shape, epilogue,
                 cuda::data<const T>(call.inputs[0]) + p.a_matrix[index] * p.m * p.k,
                 cuda::data<const T>(call.inputs[1]) + p.b_matrix[index] * p.k * p.n, operand,
                 cuda::data<C>(call.outputs[0]) + i * p.m * p.n, aux);
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
