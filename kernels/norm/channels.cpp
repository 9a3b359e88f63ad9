// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/channels.h"

#include <algorithm>

#include "core/device/cpu/machine.h"

namespace weft::kernels {

namespace {

// Bytes of a cache line, and the distance of prefetches. Memory answers later than the processor looks ahead, and the
// processor's own prefetching stops at the end of a small page.
constexpr std::int64_t kLine = 64, kAhead = 16 * 1024;

// The loop, inlined into one function per instruction set. It takes four rows at a time, because a channel's sums are
// then loaded and stored once for four.
#define WEFT_INLINE [[gnu::always_inline]] inline

template <class T>
WEFT_INLINE void moments(const T* __restrict x, std::int64_t n, std::int64_t width, const double* __restrict origin,
                         double* __restrict sum, double* __restrict squares) {
  std::int64_t i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    const T* __restrict a = x + i;
    constexpr auto kBytes = static_cast<std::int64_t>(sizeof(T));
    for (std::int64_t j = 0; j < 4 * width; j += kLine / kBytes) __builtin_prefetch(a + kAhead / kBytes + j, 0, 2);
    const T* __restrict b = a + width;
    const T* __restrict c = b + width;
    const T* __restrict d = c + width;
    for (std::int64_t j = 0; j < width; ++j) {
      const double p = static_cast<double>(static_cast<Compute<T>>(a[j])) - origin[j];
      const double q = static_cast<double>(static_cast<Compute<T>>(b[j])) - origin[j];
      const double r = static_cast<double>(static_cast<Compute<T>>(c[j])) - origin[j];
      const double s = static_cast<double>(static_cast<Compute<T>>(d[j])) - origin[j];
      sum[j] += (p + q) + (r + s);
      squares[j] += (p * p + q * q) + (r * r + s * s);
    }
  }
  for (; i < n; i += width) {
    for (std::int64_t j = 0; j < std::min(width, n - i); ++j) {
      const double p = static_cast<double>(static_cast<Compute<T>>(x[i + j])) - origin[j];
      sum[j] += p;
      squares[j] += p * p;
    }
  }
}

#undef WEFT_INLINE

// The loop compiled for one instruction set.
#define WEFT_LOOP(name, isa)                                                                                          \
  template <class T>                                                                                                  \
  isa void name(const T* x, std::int64_t n, std::int64_t width, const double* origin, double* sum, double* squares) { \
    moments(x, n, width, origin, sum, squares);                                                                       \
  }

WEFT_LOOP(moments_baseline, )
#if defined(__x86_64__)
WEFT_LOOP(moments_avx2, [[gnu::target("avx2")]])
WEFT_LOOP(moments_avx512, [[gnu::target("avx512f")]])
#endif

#undef WEFT_LOOP

}  // namespace

template <class T>
MomentsLoop<T> moments_loop() {
#if defined(__x86_64__)
  if (cpu::isa() == cpu::Isa::kAvx512) return moments_avx512<T>;
  if (cpu::isa() == cpu::Isa::kAvx2) return moments_avx2<T>;
#endif
  return moments_baseline<T>;
}

template MomentsLoop<float> moments_loop();
template MomentsLoop<double> moments_loop();
template MomentsLoop<bf16> moments_loop();
template MomentsLoop<f16> moments_loop();

}  // namespace weft::kernels
