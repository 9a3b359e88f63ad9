// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/cuda_gemm.h"

#if defined(WEFT_CUDA_EMULATED)
#include <cstdint>
#include <span>

#include "core/scalar/bit_rows.h"
#include "core/scalar/elementwise.h"
#include "kernels/common/float_types.h"
#include "kernels/common/grid.cuh"
#include "weft/cuda.h"
#include "weft/cuda_kernel.h"

namespace weft::kernels {
namespace {

struct Matrix {
  std::int64_t m, n, k;
  bool trans_a, trans_b;
};

// Further operand and output of a product with an epilogue.
struct Further {
  GemmEpilogue epilogue;
  const void* input;
  void* output;
};

// The argument of the activation function: the product x, plus a bias or an addend.
template <class C, class A>
__device__ A argument(const Further& further, A x, std::int64_t element, std::int64_t column) {
  const auto* operand = static_cast<const C*>(further.input);
  switch (further.epilogue) {
    case GemmEpilogue::kAddend:
      return x + static_cast<A>(operand[element]);
    case GemmEpilogue::kBias:
    case GemmEpilogue::kReluBias:
    case GemmEpilogue::kGeluBias:
    case GemmEpilogue::kGeluAuxBias:
    case GemmEpilogue::kReluAuxBias:
      return x + static_cast<A>(operand[column]);
    case GemmEpilogue::kNone:
    case GemmEpilogue::kRelu:
    case GemmEpilogue::kGelu:
    case GemmEpilogue::kGeluAux:
    case GemmEpilogue::kReluAux:
    case GemmEpilogue::kDRelu:
    case GemmEpilogue::kDGelu:
    case GemmEpilogue::kSumsA:
    case GemmEpilogue::kSumsB:
      break;
  }
  return x;
}

template <class C, class A>
__device__ A activated(const Further& further, A x, std::int64_t element, bool bit) {
  switch (further.epilogue) {
    case GemmEpilogue::kRelu:
    case GemmEpilogue::kReluBias:
    case GemmEpilogue::kReluAux:
    case GemmEpilogue::kReluAuxBias:
      return Formula<Fn::kRelu>::value(x);
    case GemmEpilogue::kGelu:
    case GemmEpilogue::kGeluBias:
    case GemmEpilogue::kGeluAux:
    case GemmEpilogue::kGeluAuxBias:
      return Formula<Fn::kGeluTanh>::value(x);
    case GemmEpilogue::kDRelu:
      return bit ? x : A{0};
    case GemmEpilogue::kDGelu: {
      const auto kept = static_cast<A>(static_cast<const C*>(further.input)[element]);
      return x * Formula<Fn::kGeluTanh>::slope(kept, kept);
    }
    case GemmEpilogue::kNone:
    case GemmEpilogue::kAddend:
    case GemmEpilogue::kBias:
    case GemmEpilogue::kSumsA:
    case GemmEpilogue::kSumsB:
      break;
  }
  return x;
}

__host__ __device__ inline bool keeps_bits(GemmEpilogue e) {
  return e == GemmEpilogue::kReluAux || e == GemmEpilogue::kReluAuxBias;
}
__device__ bool keeps_argument(GemmEpilogue e) {
  return e == GemmEpilogue::kGeluAux || e == GemmEpilogue::kGeluAuxBias;
}

template <class T>
__device__ Compute<T> element_a(const Matrix& p, const T* a, std::int64_t row, std::int64_t x) {
  return static_cast<Compute<T>>(a[p.trans_a ? x * p.m + row : row * p.k + x]);
}
template <class T>
__device__ Compute<T> element_b(const Matrix& p, const T* b, std::int64_t x, std::int64_t column) {
  return static_cast<Compute<T>>(b[p.trans_b ? column * p.k + x : x * p.n + column]);
}

// Eight neighbors of a row of C per thread, whose bits are one byte. Bytes that stand for no column are left alone.
template <class T, class C>
__global__ void gemm_kernel(Matrix p, Further further, const T* a, const T* b, C* c) {
  using A = Compute<T>;
  const std::int64_t groups = (p.n + 7) / 8;
  for (std::int64_t group = first_element(); group < p.m * groups; group += element_stride()) {
    const std::int64_t row = group / groups, first = group % groups * 8, end = first + 8 < p.n ? first + 8 : p.n;
    const std::int64_t byte = row * bit_row_bytes(p.n) + first / 8;
    unsigned bits =
        further.epilogue == GemmEpilogue::kDRelu ? static_cast<const std::uint8_t*>(further.input)[byte] : 0;
    for (std::int64_t column = first; column < end; ++column) {
      const std::int64_t i = row * p.n + column;
      A sum = 0;
      for (std::int64_t x = 0; x < p.k; ++x) sum += element_a(p, a, row, x) * element_b(p, b, x, column);
      const A x = argument<C>(further, sum, i, column);
      if (keeps_argument(further.epilogue)) static_cast<C*>(further.output)[i] = static_cast<C>(x);
      if (keeps_bits(further.epilogue) && x > 0) bits |= 1u << (column - first);
      c[i] = static_cast<C>(activated<C>(further, x, i, (bits >> (column - first) & 1) != 0));
    }
    if (keeps_bits(further.epilogue))
      static_cast<std::uint8_t*>(further.output)[byte] = static_cast<std::uint8_t>(bits);
  }
  const bool of_a = further.epilogue == GemmEpilogue::kSumsA;
  if (!of_a && further.epilogue != GemmEpilogue::kSumsB) return;
  for (std::int64_t i = first_element(); i < (of_a ? p.m : p.n); i += element_stride()) {
    A sum = 0;
    for (std::int64_t x = 0; x < p.k; ++x) sum += of_a ? element_a(p, a, i, x) : element_b(p, b, x, i);
    static_cast<C*>(further.output)[i] = static_cast<C>(sum);
  }
}

// True for epilogues with a mask, because cuBLASLt wants their operands and results aligned.
bool wants_alignment(GemmEpilogue e) { return keeps_bits(e) || e == GemmEpilogue::kDRelu; }

void expect_alignment(std::span<const View> views) {
  for (const View& view : views)
    if (reinterpret_cast<std::uintptr_t>(view.data) % 256 != 0)
      fail<DeviceError>("matmul", "an operand of an epilogue with a mask is not aligned to 256 bytes");
}

template <class T, class C>
void run(const GemmProblem& p, GemmEpilogue epilogue, const Call& call) {
  if (wants_alignment(epilogue)) {
    expect_alignment(call.inputs);
    expect_alignment(call.outputs);
  }
  const Further further{epilogue, call.inputs.size() > 2 ? call.inputs[2].data : nullptr,
                        call.outputs.size() > 1 ? call.outputs[1].data : nullptr};
  const Matrix shape{p.m, p.n, p.k, p.trans_a, p.trans_b};
  for (std::int64_t i = 0; i < p.batch; ++i) {
    const auto index = static_cast<std::size_t>(i);
    cuda::launch(gemm_kernel<T, C>, grid_for(p.m * p.n), dim3(kThreads), 0, call, shape, further,
                 cuda::data<const T>(call.inputs[0]) + p.a_matrix[index] * p.m * p.k,
                 cuda::data<const T>(call.inputs[1]) + p.b_matrix[index] * p.k * p.n,
                 cuda::data<C>(call.outputs[0]) + i * p.m * p.n);
  }
}

}  // namespace

bool has_gemm_library() { return true; }

std::optional<PreparedGemm> prepare_gemm(const GemmProblem& problem, GemmEpilogue epilogue, Device) {
  return with_floating(problem.dtype, "matmul", [&](auto type) {
    using T = typename decltype(type)::type;
    const bool anywhere = !wants_alignment(epilogue);
    if (problem.result == problem.dtype)
      return PreparedGemm{{[=](const Call& call) { run<T, T>(problem, epilogue, call); }}, anywhere};
    return PreparedGemm{{[=](const Call& call) { run<T, Compute<T>>(problem, epilogue, call); }}, anywhere};
  });
}

}  // namespace weft::kernels
#endif
