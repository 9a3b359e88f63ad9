// SPDX-License-Identifier: Apache-2.0
#include "kernels/norm/channels.h"

#include <algorithm>

#include "core/device/cpu/machine.h"

namespace weft::kernels {

namespace {

// Inlined into functions that are compiled for one instruction set each. Rows go four at a time, so that a channel's
// sums are loaded and stored once for them.
#define WEFT_INLINE [[gnu::always_inline]] inline

template <class T>
WEFT_INLINE void moments(const T* __restrict x, std::int64_t n, std::int64_t width, const double* __restrict origin,
                         double* __restrict sum, double* __restrict squares) {
  std::int64_t i = 0;
  for (; i + 4 * width <= n; i += 4 * width) {
    const T* __restrict a = x + i;
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

template <class T>
WEFT_INLINE void apply(const T* __restrict x, std::int64_t n, std::int64_t width, const ChannelMap<Compute<T>>& map,
                       T* __restrict y) {
  using A = Compute<T>;
  const A* __restrict origin = map.origin;
  const A* __restrict mean = map.mean;
  const A* __restrict scale = map.scale;
  const A* __restrict bias = map.bias;
  for (std::int64_t i = 0; i < n; i += width) {
    const std::int64_t count = std::min(width, n - i);
    for (std::int64_t j = 0; j < count; ++j)
      y[i + j] = static_cast<T>(((static_cast<A>(x[i + j]) - origin[j]) - mean[j]) * scale[j] + bias[j]);
  }
}

template <class T>
WEFT_INLINE void products(const T* __restrict dy, const T* __restrict x, std::int64_t n, std::int64_t width,
                          const Compute<T>* __restrict mean, double* __restrict sum, double* __restrict product) {
  using A = Compute<T>;
  std::int64_t i = 0;
  for (; i + 2 * width <= n; i += 2 * width) {
    const T* __restrict g = dy + i;
    const T* __restrict h = g + width;
    const T* __restrict a = x + i;
    const T* __restrict b = a + width;
    for (std::int64_t j = 0; j < width; ++j) {
      const double p = static_cast<double>(static_cast<A>(g[j])), q = static_cast<double>(static_cast<A>(h[j]));
      sum[j] += p + q;
      product[j] += p * static_cast<double>(static_cast<A>(a[j]) - mean[j]) +
                    q * static_cast<double>(static_cast<A>(b[j]) - mean[j]);
    }
  }
  for (; i < n; i += width) {
    for (std::int64_t j = 0; j < std::min(width, n - i); ++j) {
      const double p = static_cast<double>(static_cast<A>(dy[i + j]));
      sum[j] += p;
      product[j] += p * static_cast<double>(static_cast<A>(x[i + j]) - mean[j]);
    }
  }
}

template <class T>
WEFT_INLINE void gradient(const T* __restrict dy, const T* __restrict x, std::int64_t n, std::int64_t width,
                          const ChannelGradient<Compute<T>>& map, T* __restrict dx) {
  using A = Compute<T>;
  const A* __restrict mean = map.mean;
  const A* __restrict scale = map.scale;
  const A* __restrict shift = map.shift;
  const A* __restrict slope = map.slope;
  for (std::int64_t i = 0; i < n; i += width) {
    const std::int64_t count = std::min(width, n - i);
    for (std::int64_t j = 0; j < count; ++j) {
      const A centred = (static_cast<A>(dy[i + j]) - shift[j]) - (static_cast<A>(x[i + j]) - mean[j]) * slope[j];
      dx[i + j] = static_cast<T>(scale[j] * centred);
    }
  }
}

#undef WEFT_INLINE

// The loops compiled for one instruction set.
#define WEFT_LOOPS(name, isa)                                                                                         \
  template <class T>                                                                                                  \
  struct name {                                                                                                       \
    using A = Compute<T>;                                                                                             \
    isa static void moments(const T* x, std::int64_t n, std::int64_t width, const double* origin, double* sum,        \
                            double* squares) {                                                                        \
      kernels::moments(x, n, width, origin, sum, squares);                                                            \
    }                                                                                                                 \
    isa static void apply(const T* x, std::int64_t n, std::int64_t width, const ChannelMap<A>& map, T* y) {           \
      kernels::apply(x, n, width, map, y);                                                                            \
    }                                                                                                                 \
    isa static void products(const T* dy, const T* x, std::int64_t n, std::int64_t width, const A* mean, double* sum, \
                             double* product) {                                                                       \
      kernels::products(dy, x, n, width, mean, sum, product);                                                         \
    }                                                                                                                 \
    isa static void gradient(const T* dy, const T* x, std::int64_t n, std::int64_t width,                             \
                             const ChannelGradient<A>& map, T* dx) {                                                  \
      kernels::gradient(dy, x, n, width, map, dx);                                                                    \
    }                                                                                                                 \
    static ChannelLoops<T> loops() { return {moments, apply, products, gradient}; }                                   \
  };

WEFT_LOOPS(Baseline, )
#if defined(__x86_64__)
WEFT_LOOPS(Avx2, [[gnu::target("avx2")]])
WEFT_LOOPS(Avx512, [[gnu::target("avx512f")]])
#endif

#undef WEFT_LOOPS

}  // namespace

template <class T>
ChannelLoops<T> channel_loops() {
#if defined(__x86_64__)
  if (cpu::isa() == cpu::Isa::kAvx512) return Avx512<T>::loops();
  if (cpu::isa() == cpu::Isa::kAvx2) return Avx2<T>::loops();
#endif
  return Baseline<T>::loops();
}

template ChannelLoops<float> channel_loops();
template ChannelLoops<double> channel_loops();
template ChannelLoops<bf16> channel_loops();
template ChannelLoops<f16> channel_loops();

}  // namespace weft::kernels
