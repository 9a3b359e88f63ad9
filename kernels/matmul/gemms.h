// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>

#include "kernels/matmul/bf16_gemm.h"
#include "kernels/matmul/gemm.h"

// The ways to compute products on the CPU, which matmul and matmul_epilogue have in common: each gives make(gemm) with
// a Bf16Gemm or a CpuGemm, or nothing where it does not take the product.
namespace weft::kernels {

using MadeKernel = std::optional<exec::PreparedKernel>;

// True if products of this dtype are made with units of this kind, which the processor must have.
inline bool takes_units(DType operands, bf16_units::Kind kind) {
  return operands == DType::kBF16 && bf16_units::best() >= kind;
}

// With the processor's bf16 units.
template <class Make>
MadeKernel with_units(const GemmProblem& p, bf16_units::Kind kind, const Make& make) {
  if (!takes_units(p.dtype, kind)) return std::nullopt;
  return p.result == p.dtype ? make(Bf16Gemm<bf16>(p, kind)) : make(Bf16Gemm<float>(p, kind));
}

// With dot products of rows, which few rows of f32 or f64 are bound to read anyway.
template <class Make>
MadeKernel with_dots(const GemmProblem& p, GemmInto into, const Make& make) {
  if (!takes_dots(p)) return std::nullopt;
  if (p.dtype == DType::kF32) return make(CpuGemm<float>(p, cut_of(p, true), into));
  if (p.dtype == DType::kF64) return make(CpuGemm<double>(p, cut_of(p, true), into));
  return std::nullopt;
}

// Says once per dtype that this processor has no units for it.
void say_that_it_is_widened(DType dtype);

// With the tile kernels of the matrix library, 16-bit operands widened first.
template <class Make>
MadeKernel with_tiles(const GemmProblem& p, GemmInto into, const Make& make) {
  if (!has_tile_kernels()) return std::nullopt;
  const GemmCut cut = cut_of(p, false);
  const bool wide = p.result != p.dtype;
  switch (p.dtype) {
    case DType::kF32:
      return make(CpuGemm<float>(p, cut, into));
    case DType::kF64:
      return make(CpuGemm<double>(p, cut, into));
    case DType::kBF16:
      say_that_it_is_widened(p.dtype);
      return wide ? make(CpuGemm<bf16, float>(p, cut, into)) : make(CpuGemm<bf16>(p, cut, into));
    case DType::kF16:
      say_that_it_is_widened(p.dtype);
      return wide ? make(CpuGemm<f16, float>(p, cut, into)) : make(CpuGemm<f16>(p, cut, into));
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kBool:
      break;
  }
  return std::nullopt;
}

}  // namespace weft::kernels
