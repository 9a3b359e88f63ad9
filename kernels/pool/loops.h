// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/half.h"
#include "kernels/common/float_types.h"
#include "kernels/pool/run.h"

namespace weft::kernels {

// Channels that the loops need at least.
inline constexpr std::int64_t kLeastChannels = 16;

// Loops over the channels of a pixel, built once per instruction set. I holds positions; y and index may be null.
template <class T, class I>
struct MaxPoolLoops {
  void (*pool)(const PoolRun& run, const T* x, T* y, I* index);
  void (*unpool)(const PoolRun& run, const T* values, const I* index, T* x);
};
template <class T>
struct AvgPoolLoops {
  void (*pool)(const PoolRun& run, const T* x, double divisor, T* y);
  // `share`: what a pixel of the box counts for.
  void (*grad)(const PoolRun& run, const T* dy, const Compute<T>* share, T* dx);
};

#define WEFT_POOL_TYPES(X) X(float) X(double) X(bf16) X(f16)

// Overloads of one name, because a function template would leave symbols that the linker may join.
#define WEFT_DECLARE_LOOPS(T)                         \
  void resolve(MaxPoolLoops<T, std::uint8_t>& loops); \
  void resolve(MaxPoolLoops<T, std::int32_t>& loops); \
  void resolve(AvgPoolLoops<T>& loops);
namespace baseline {
WEFT_POOL_TYPES(WEFT_DECLARE_LOOPS)
}  // namespace baseline
namespace avx2 {
WEFT_POOL_TYPES(WEFT_DECLARE_LOOPS)
}  // namespace avx2
namespace avx512 {
WEFT_POOL_TYPES(WEFT_DECLARE_LOOPS)
}  // namespace avx512
#undef WEFT_DECLARE_LOOPS

}  // namespace weft::kernels
