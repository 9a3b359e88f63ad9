// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <utility>

#include "core/base/check.h"
#include "kernels/matmul/bf16_gemm.h"
#include "kernels/matmul/gemm.h"

namespace weft::kernels {

// Says once per dtype that this processor has no units for it.
void say_that_it_is_widened(DType dtype);

// Calls make(gemm) with the way in which this processor computes the product.
template <class Make>
exec::PreparedKernel with_gemm(const GemmProblem& p, GemmInto into, Make&& make) {
  const bool wide = p.result != p.dtype;
  const bf16_units::Kind units = bf16_units::best();
  switch (p.dtype) {
    case DType::kF32:
      return make(CpuGemm<float>(p, into));
    case DType::kF64:
      return make(CpuGemm<double>(p, into));
    case DType::kBF16:
      if (units != bf16_units::Kind::kNone)
        return wide ? make(Bf16Gemm<float>(p, units)) : make(Bf16Gemm<bf16>(p, units));
      say_that_it_is_widened(p.dtype);
      return wide ? make(CpuGemm<bf16, float>(p, into)) : make(CpuGemm<bf16>(p, into));
    case DType::kF16:
      say_that_it_is_widened(p.dtype);
      return wide ? make(CpuGemm<f16, float>(p, into)) : make(CpuGemm<f16>(p, into));
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kBool:
      break;
  }
  fail<DTypeError>("matmul", "operands are ", p.dtype, ", want f32, f64, bf16 or f16");
}

}  // namespace weft::kernels
