// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/conv/depthwise_loops.h"

// The loops, built once per instruction set, for these pairs of types: WEFT_DEPTHWISE(X) calls X(operands, result).
#define WEFT_DEPTHWISE(X) X(float, float) X(double, double) X(bf16, bf16) X(bf16, float) X(f16, f16) X(f16, float)
#define WEFT_DEPTHWISE_SUMS(X) X(float) X(double) X(bf16) X(f16)

namespace weft::kernels {

#define WEFT_DECLARE(T, O) void resolve(DepthwiseLoops<T, O>& loops);
#define WEFT_DECLARE_SUMS(T) void resolve(DepthwiseSums<T>& loops);
namespace baseline {
WEFT_DEPTHWISE(WEFT_DECLARE)
WEFT_DEPTHWISE_SUMS(WEFT_DECLARE_SUMS)
}  // namespace baseline
namespace avx2 {
WEFT_DEPTHWISE(WEFT_DECLARE)
WEFT_DEPTHWISE_SUMS(WEFT_DECLARE_SUMS)
}  // namespace avx2
namespace avx512 {
WEFT_DEPTHWISE(WEFT_DECLARE)
WEFT_DEPTHWISE_SUMS(WEFT_DECLARE_SUMS)
}  // namespace avx512
#undef WEFT_DECLARE
#undef WEFT_DECLARE_SUMS

}  // namespace weft::kernels
