// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/program/interpreter.h"
#include "core/scalar/math.h"

// Maxima and sums of exponentials of rows, for files that are built once per instruction set; all of it has internal
// linkage and calls only what is always inlined.
namespace weft::kernels {
namespace {

// Joins all lanes, halves on halves, so that every instruction set adds in one order.
template <int count, class A, class Join>
A halves(A* lanes, Join join) {
  for (int i = 0; i < count / 2; ++i) lanes[i] = join(lanes[i], lanes[i + count / 2]);
  if constexpr (count > 2) return halves<count / 2>(lanes, join);
  return lanes[0];
}

// The row joined by a choice between two elements; `none` is the choice of no elements.
template <class A, class Choice>
A row_choice(const A* x, std::int64_t n, A none, Choice choice) {
  constexpr int kLanes = 64;
  A most = none;
  std::int64_t j = 0;
  if (n >= kLanes) {
    A lanes[kLanes];
    for (int i = 0; i < kLanes; ++i) lanes[i] = most;
    for (; j + kLanes <= n; j += kLanes) {
      for (int i = 0; i < kLanes; ++i) lanes[i] = choice(lanes[i], x[j + i]);
    }
    most = halves<kLanes>(lanes, choice);
  }
  for (; j < n; ++j) most = choice(most, x[j]);
  return most;
}

// Choices that one instruction makes; NaN is skipped.
template <class A>
constexpr auto larger = [](A a, A b) { return b > a ? b : a; };
template <class A>
constexpr auto smaller = [](A a, A b) { return b < a ? b : a; };

template <class A>
A row_max(const A* x, std::int64_t n) {
  return row_choice(x, n, static_cast<A>(-__builtin_inf()), larger<A>);
}

// Adds the next `rows` times `count` elements. Rows are few, because an f32 lane is to add up few terms.
template <int count, class A>
double some_exps(const A* x, std::int64_t rows, A max, A* out) {
  A lanes[count];
  for (int i = 0; i < count; ++i) lanes[i] = 0;
  for (std::int64_t r = 0; r < rows; ++r, x += count, out += count) {
    WEFT_LANES
    for (int i = 0; i < count; ++i) {
      const A e = math::exp(x[i] - max);
      out[i] = e;
      lanes[i] += e;
    }
  }
  return static_cast<double>(halves<count>(lanes, [](A a, A b) { return a + b; }));
}

// Adds the last n elements, fewer than 16; lanes without an element add nothing.
template <class A>
double last_exps(const A* x, int n, A max, A* out) {
  constexpr int kLanes = 16;
  A lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) lanes[i] = i < n ? x[i] - max : static_cast<A>(-__builtin_inf());
  for (int i = 0; i < kLanes; ++i) lanes[i] = math::exp(lanes[i]);
  for (int i = 0; i < n; ++i) out[i] = lanes[i];
  for (int i = n; i < kLanes; ++i) lanes[i] = 0;
  return static_cast<double>(halves<kLanes>(lanes, [](A a, A b) { return a + b; }));
}

template <class A>
double row_exps(const A* x, std::int64_t n, A max, A* out) {
  constexpr int kMany = 64, kRows = 16, kFew = 16;  // whole registers, so that short rows are vector code, too
  double sum = 0;
  std::int64_t j = 0;
  A unused[kMany * kRows];
  while (j + kMany <= n) {
    const std::int64_t left = (n - j) / kMany, rows = left < kRows ? left : kRows;
    sum += some_exps<kMany>(x + j, rows, max, out ? out + j : unused);
    j += rows * kMany;
  }
  for (; j + kFew <= n; j += kFew) sum += some_exps<kFew>(x + j, 1, max, out ? out + j : unused);
  if (j < n) sum += last_exps(x + j, static_cast<int>(n - j), max, out ? out + j : unused);
  return sum;
}

}  // namespace
}  // namespace weft::kernels
