// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/reduce/accumulate.h"
#include "kernels/reduce/loops.h"

// Reductions whose loops are built once per instruction set: reduction, type of elements, type of results. Sums of f32
// have f64 states.
#define WEFT_VECTOR_REDUCTIONS(X)       \
  X(Sum<double>, float, float)          \
  X(Mean<double>, float, float)         \
  X(Product<double>, float, float)      \
  X(Max<float>, float, float)           \
  X(Min<float>, float, float)           \
  X(ArgMax<float>, float, std::int64_t) \
  X(ArgMin<float>, float, std::int64_t) \
  X(Variance<double>, float, float)     \
  X(LogSumExp<double>, float, float)    \
  X(Max<std::int64_t>, bool, bool)      \
  X(Min<std::int64_t>, bool, bool)

namespace weft::kernels {

template <class Op, class T>
inline constexpr bool has_vector_loops = false;
#define WEFT_HAS_LOOPS(Op, T, Out) \
  template <>                      \
  inline constexpr bool has_vector_loops<Op, T> = true;
WEFT_VECTOR_REDUCTIONS(WEFT_HAS_LOOPS)
#undef WEFT_HAS_LOOPS

// Overloads of one name, because a function template would leave symbols that the linker may join.
#define WEFT_DECLARE_LOOPS(Op, T, Out) ReduceLoops reduce_loops(Op, T, Out);
namespace baseline {
WEFT_VECTOR_REDUCTIONS(WEFT_DECLARE_LOOPS)
}  // namespace baseline
namespace avx2 {
WEFT_VECTOR_REDUCTIONS(WEFT_DECLARE_LOOPS)
}  // namespace avx2
namespace avx512 {
WEFT_VECTOR_REDUCTIONS(WEFT_DECLARE_LOOPS)
}  // namespace avx512
#undef WEFT_DECLARE_LOOPS

}  // namespace weft::kernels
