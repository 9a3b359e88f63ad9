// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/dots.h"

#include <algorithm>
#include <cstring>

#include "core/device/cpu/machine.h"

namespace weft::kernels {

namespace {

// Several rows at a time share what is loaded of x and keep as many sums going.
constexpr int kRows = 4;

// The lanes' sum, added up in halves.
template <class T, int kBytes>
[[gnu::always_inline]] inline T sum_of(const T* lanes) {
  constexpr int kHalf = kBytes / 2;
  if constexpr (kBytes == sizeof(T)) {
    return *lanes;
  } else if constexpr (kHalf == sizeof(T)) {
    return lanes[0] + lanes[1];
  } else {
    using Half [[gnu::vector_size(kHalf)]] = T;
    Half low, high;
    std::memcpy(&low, lanes, kHalf);
    std::memcpy(&high, lanes + kHalf / sizeof(T), kHalf);
    low += high;
    T both[kHalf / sizeof(T)];
    std::memcpy(both, &low, kHalf);
    return sum_of<T, kHalf>(both);
  }
}

// kBytes is the size of a vector register. Inlined into functions that are compiled for one instruction set each; what
// is kept in registers is spelled out, since arrays would go through memory.
template <class T, int kBytes>
[[gnu::always_inline]] inline void dot_rows(const T* x, const T* const* rows, std::int64_t n, T* out) {
  constexpr int kLanes = kBytes / static_cast<int>(sizeof(T));
  using Vector [[gnu::vector_size(kBytes)]] = T;
  Vector a{}, b{}, c{}, d{}, xs, ws;
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    std::memcpy(&xs, x + i, kBytes);
    std::memcpy(&ws, rows[0] + i, kBytes);
    a += xs * ws;
    std::memcpy(&ws, rows[1] + i, kBytes);
    b += xs * ws;
    std::memcpy(&ws, rows[2] + i, kBytes);
    c += xs * ws;
    std::memcpy(&ws, rows[3] + i, kBytes);
    d += xs * ws;
  }
  const Vector all[kRows] = {a, b, c, d};
  for (int r = 0; r < kRows; ++r) {
    T lanes[kLanes];
    std::memcpy(lanes, &all[r], kBytes);
    out[r] = sum_of<T, kBytes>(lanes);
    for (std::int64_t rest = i; rest < n; ++rest) out[r] += x[rest] * rows[r][rest];
  }
}

template <class T, int kBytes>
[[gnu::always_inline]] inline void all_dots(const T* x, const T* row, std::int64_t step, std::int64_t count,
                                            std::int64_t n, T* out) {
  for (std::int64_t j = 0; j < count; j += kRows) {
    const T* rows[kRows];
    T sums[kRows];
    for (int r = 0; r < kRows; ++r) rows[r] = row + std::min(j + r, count - 1) * step;
    dot_rows<T, kBytes>(x, rows, n, sums);
    std::copy_n(sums, std::min<std::int64_t>(kRows, count - j), out + j);
  }
}

#if defined(__x86_64__)

template <class T>
[[gnu::target("avx512f")]] void dots_avx512(const T* x, const T* row, std::int64_t step, std::int64_t count,
                                            std::int64_t n, T* out) {
  all_dots<T, 64>(x, row, step, count, n, out);
}

template <class T>
[[gnu::target("avx2")]] void dots_avx2(const T* x, const T* row, std::int64_t step, std::int64_t count, std::int64_t n,
                                       T* out) {
  all_dots<T, 32>(x, row, step, count, n, out);
}

#endif

}  // namespace

template <class T>
void dots(const T* x, const T* row, std::int64_t step, std::int64_t count, std::int64_t n, T* out) {
#if defined(__x86_64__)
  if (cpu::isa() == cpu::Isa::kAvx512) return dots_avx512(x, row, step, count, n, out);
  if (cpu::isa() == cpu::Isa::kAvx2) return dots_avx2(x, row, step, count, n, out);
#endif
  all_dots<T, 16>(x, row, step, count, n, out);
}

template void dots(const float*, const float*, std::int64_t, std::int64_t, std::int64_t, float*);
template void dots(const double*, const double*, std::int64_t, std::int64_t, std::int64_t, double*);

}  // namespace weft::kernels
