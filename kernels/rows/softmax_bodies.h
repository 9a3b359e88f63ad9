// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "kernels/common/float_types.h"
#include "kernels/rows/row_loops_bodies.h"

// The loops of softmax and log_softmax; like row_loops_bodies.h for files built for one instruction set.
namespace weft::kernels {
namespace {

constexpr int kSoftmaxBlock = 256;  // elements of a type that is not computed in, widened at once

// The elements as the type of the arithmetic has them: x itself, or a copy.
template <class A, class T>
const A* in_arithmetic(const T* x, std::int64_t n, A* copy) {
  if constexpr (__is_same(A, T)) {
    return x;
  } else {
    WEFT_LANES
    for (std::int64_t j = 0; j < n; ++j) copy[j] = static_cast<A>(x[j]);
    return copy;
  }
}

// Calls body(elements, place, count) block by block.
template <class A, class T, class Body>
void in_blocks(const T* x, std::int64_t n, Body&& body) {
  alignas(64) A copy[kSoftmaxBlock];
  const std::int64_t step = __is_same(A, T) ? n : kSoftmaxBlock;
  for (std::int64_t j = 0; j < n; j += step) {
    const std::int64_t count = n - j < step ? n - j : step;
    body(in_arithmetic(x + j, count, copy), j, count);
  }
}

constexpr int kShortRow = kLanes;

// The elements of a line of at most kShortRow, with minus infinity behind them: x itself, or a copy.
template <class A, class T>
WEFT_INLINE const A* short_elements(const T* x, int n, A* copy) {
  if constexpr (__is_same(A, T))
    if (n == kShortRow) return x;
  for (int i = 0; i < kShortRow; ++i) copy[i] = static_cast<A>(-__builtin_inf());
  for (int i = 0; i < n; ++i) copy[i] = static_cast<A>(x[i]);
  return copy;
}
template <class A, class T>
WEFT_INLINE void put_short(const Lanes<A>& lanes, T* y, int n) {
  T some[kShortRow];
  T* to = n == kShortRow ? y : some;
  store_lanes<A>(lanes, to);
  for (int i = 0; n != kShortRow && i < n; ++i) y[i] = some[i];
}

// The largest element and the sum of the exponentials of the distances from it; those go to y where it is not null.
template <class A, class T>
WEFT_INLINE double long_row(const T* x, std::int64_t n, A* y, A& max) {
  max = static_cast<A>(-__builtin_inf());
  in_blocks<A>(x, n, [&](const A* in, std::int64_t, std::int64_t count) {
    const A most = row_max(in, count);
    max = most > max ? most : max;
  });
  double sum = 0;
  in_blocks<A>(x, n, [&](const A* in, std::int64_t, std::int64_t count) { sum += row_exps<A>(in, count, max, y); });
  return sum;
}

template <class T>
WEFT_INLINE void softmax_row(const T* x, T* y, std::int64_t n) {
  using A = Compute<T>;
  A max;
  if constexpr (__is_same(A, T)) {
    scale_row(y, n, static_cast<A>(1 / long_row<A>(x, n, y, max)));
  } else {
    const auto factor = static_cast<A>(1 / long_row<A>(x, n, static_cast<A*>(nullptr), max));
    in_blocks<A>(x, n, [&](const A* in, std::int64_t j, std::int64_t count) {
      WEFT_LANES
      for (std::int64_t i = 0; i < count; ++i) y[j + i] = static_cast<T>(math::exp(in[i] - max) * factor);
    });
  }
}

template <class T>
WEFT_INLINE void short_softmax(const T* x, T* y, int n) {
  using A = Compute<T>;
  A copy[kShortRow];
  const A* in = short_elements(x, n, copy);
  const Lanes<A> exps = exps_of<false>(in, row_max(in, kShortRow), static_cast<A*>(nullptr));
  put_short<A>(joined(exps, all_lanes<A>(1 / over_lanes<A>(exps, sum_of_two)), product_of_two), y, n);
}

template <class T>
void softmax_rows(const T* x, T* y, std::int64_t rows, std::int64_t n) {
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
    if (n == kShortRow) {  // known to the compiler, whole registers
      short_softmax(x, y, kShortRow);
    } else if (n < kShortRow) {
      short_softmax(x, y, static_cast<int>(n));
    } else {
      softmax_row(x, y, n);
    }
  }
}

// Lines that are worked on together, so that their logarithms are vector code.
constexpr int kRowsAtOnce = 32;

template <class T>
WEFT_INLINE void some_short_log_softmax(const T* x, T* y, std::int64_t rows, int n) {
  using A = Compute<T>;
  A max[kRowsAtOnce], sum[kRowsAtOnce], copy[kShortRow];
  for (int k = 0; k < kRowsAtOnce; ++k) sum[k] = 1;
  for (std::int64_t k = 0; k < rows; ++k) {
    const A* in = short_elements(x + k * n, n, copy);
    max[k] = row_max(in, kShortRow);
    sum[k] = over_lanes<A>(exps_of<false>(in, max[k], static_cast<A*>(nullptr)), sum_of_two);
  }
  for (int k = 0; k < kRowsAtOnce; ++k) sum[k] = math::log(sum[k]);
  for (std::int64_t k = 0; k < rows; ++k) {
    const Lanes<A> in = lanes_of<A>(short_elements(x + k * n, n, copy));
    const auto less = [](auto a, auto b) __attribute__((always_inline)) { return a - b; };
    put_short<A>(joined(joined(in, all_lanes(max[k]), less), all_lanes(sum[k]), less), y + k * n, n);
  }
}

template <class T>
void some_log_softmax(const T* x, T* y, std::int64_t rows, std::int64_t n) {
  using A = Compute<T>;
  A max[kRowsAtOnce], sum[kRowsAtOnce];
  for (int k = 0; k < kRowsAtOnce; ++k) sum[k] = 1;
  for (std::int64_t k = 0; k < rows; ++k)
    sum[k] = static_cast<A>(long_row<A>(x + k * n, n, static_cast<A*>(nullptr), max[k]));
  for (int k = 0; k < kRowsAtOnce; ++k) sum[k] = math::log(sum[k]);
  for (std::int64_t k = 0; k < rows; ++k) {
    in_blocks<A>(x + k * n, n, [&](const A* in, std::int64_t j, std::int64_t count) {
      T* out = y + k * n + j;
      WEFT_LANES
      for (std::int64_t i = 0; i < count; ++i) out[i] = static_cast<T>(in[i] - max[k] - sum[k]);
    });
  }
}

template <class T>
void log_softmax_rows(const T* x, T* y, std::int64_t rows, std::int64_t n) {
  for (std::int64_t r = 0; r < rows; r += kRowsAtOnce, x += kRowsAtOnce * n, y += kRowsAtOnce * n) {
    const std::int64_t some = rows - r < kRowsAtOnce ? rows - r : kRowsAtOnce;
    if (n == kShortRow) {
      some_short_log_softmax(x, y, some, kShortRow);
    } else if (n < kShortRow) {
      some_short_log_softmax(x, y, some, static_cast<int>(n));
    } else {
      some_log_softmax(x, y, some, n);
    }
  }
}

// The logarithm of a sum of exponentials of which one is 1, with all digits of what is beyond 1.
template <class A>
WEFT_INLINE A log_of_sum(double sum) {
  if constexpr (__is_same(A, float)) return math::log1p(static_cast<float>(sum - 1));
  return static_cast<A>(__builtin_log(sum));
}

template <class T, bool log>
void softmax_columns(const T* x, T* y, std::int64_t n, std::int64_t stride, std::int64_t width) {
  using A = Compute<T>;
  A max[SoftmaxLoops<T>::kWidth];
  double sum[SoftmaxLoops<T>::kWidth];
  A last[SoftmaxLoops<T>::kWidth];
  for (std::int64_t k = 0; k < width; ++k) {
    max[k] = static_cast<A>(-__builtin_inf());
    sum[k] = 0;
  }
  for (std::int64_t j = 0; j < n; ++j) {
    const T* row = x + j * stride;
    for (std::int64_t k = 0; k < width; ++k) {
      const A next = static_cast<A>(row[k]);
      max[k] = next > max[k] ? next : max[k];
    }
  }
  constexpr std::int64_t kTall = 16;  // rows, because a sum in f32 is to have few terms
  for (std::int64_t begin = 0; begin < n; begin += kTall) {
    const std::int64_t end = begin + kTall < n ? begin + kTall : n;
    A part[SoftmaxLoops<T>::kWidth];
    for (std::int64_t k = 0; k < width; ++k) part[k] = 0;
    for (std::int64_t j = begin; j < end; ++j) {
      const T* row = x + j * stride;
      WEFT_LANES
      for (std::int64_t k = 0; k < width; ++k) part[k] += math::exp(static_cast<A>(row[k]) - max[k]);
    }
    for (std::int64_t k = 0; k < width; ++k) sum[k] += static_cast<double>(part[k]);
  }
  WEFT_LANES
  for (std::int64_t k = 0; k < width; ++k) last[k] = log ? log_of_sum<A>(sum[k]) : static_cast<A>(1 / sum[k]);
  for (std::int64_t j = 0; j < n; ++j) {
    const T* row = x + j * stride;
    T* out = y + j * stride;
    WEFT_LANES
    for (std::int64_t k = 0; k < width; ++k) {
      const A below = static_cast<A>(row[k]) - max[k];
      out[k] = static_cast<T>(log ? below - last[k] : math::exp(below) * last[k]);
    }
  }
}

template <class T>
void resolve_softmax(SoftmaxLoops<T>& loops, bool log) {
  loops = log ? SoftmaxLoops<T>{log_softmax_rows<T>, softmax_columns<T, true>}
              : SoftmaxLoops<T>{softmax_rows<T>, softmax_columns<T, false>};
}

}  // namespace
}  // namespace weft::kernels
