// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/program/interpreter.h"
#include "core/scalar/math.h"
#include "kernels/common/lanes.h"

// Extrema and sums of exponentials of rows, for files that are built once per instruction set; all of it has internal
// linkage and calls only what is always inlined. Inlined into loops over rows, because constants then stay in
// registers.
namespace weft::kernels {
namespace {

// Joins all of an array, halves on halves, so that every instruction set adds in one order.
template <int count, class A, class Join>
A halves(A* lanes, Join join) {
  for (int i = 0; i < count / 2; ++i) lanes[i] = join(lanes[i], lanes[i + count / 2]);
  if constexpr (count > 2) return halves<count / 2>(lanes, join);
  return lanes[0];
}

// zeros + 0 x, which is NaN where an x is infinite or NaN.
template <class A>
WEFT_INLINE Lanes<A> with_zeros(const Lanes<A>& zeros, const Lanes<A>& x) {
  return joined(
      x, zeros, [](auto a, auto b) __attribute__((always_inline)) { return muladd(a, decltype(a){}, b); });
}

// The row joined by a choice between two elements; `none` is the choice of no elements. If `watch`, `zeros` becomes the
// sum of 0 x.
template <bool watch, class A, class Choice>
WEFT_INLINE A watched_choice(const A* x, std::int64_t n, A none, Choice choice, A& zeros) {
  if (n < kLanes) {
    for (std::int64_t j = 0; j < n; ++j) none = choice(none, x[j]);
    for (std::int64_t j = 0; watch && j < n; ++j) zeros += 0 * x[j];
    return none;
  }
  // Four chains of choices, and as many of zeros as there are registers for.
  constexpr bool kFour = kLaneWidth<A> == kLanes;
  Lanes<A> a = all_lanes(none), zeros_a = all_lanes(A{0});
  std::int64_t j = 0;
  if (n >= 4 * kLanes) {
    Lanes<A> b = a, c = a, d = a, zeros_b = zeros_a, zeros_c = zeros_a, zeros_d = zeros_a;
    for (; j + 4 * kLanes <= n; j += 4 * kLanes) {
      const Lanes<A> p = lanes_of<A>(x + j), q = lanes_of<A>(x + j + kLanes);
      a = joined(a, p, choice);
      b = joined(b, q, choice);
      if constexpr (watch) {
        zeros_a = with_zeros<A>(zeros_a, p);
        zeros_b = with_zeros<A>(zeros_b, q);
      }
      const Lanes<A> r = lanes_of<A>(x + j + 2 * kLanes), s = lanes_of<A>(x + j + 3 * kLanes);
      c = joined(c, r, choice);
      d = joined(d, s, choice);
      if constexpr (watch) {
        (kFour ? zeros_c : zeros_a) = with_zeros<A>(kFour ? zeros_c : zeros_a, r);
        (kFour ? zeros_d : zeros_b) = with_zeros<A>(kFour ? zeros_d : zeros_b, s);
      }
    }
    a = joined(joined(a, b, choice), joined(c, d, choice), choice);
    if constexpr (watch)
      zeros_a = joined(joined(zeros_a, zeros_b, sum_of_two), joined(zeros_c, zeros_d, sum_of_two), sum_of_two);
  }
  const auto add = [&](std::int64_t at) __attribute__((always_inline)) {
    a = joined(a, lanes_of<A>(x + at), choice);
    if constexpr (watch) zeros_a = with_zeros<A>(zeros_a, lanes_of<A>(x + at));
  };
  for (; j + kLanes <= n; j += kLanes) add(j);
  if (j < n) add(n - kLanes);  // some elements twice
  if constexpr (watch) zeros = over_lanes<A>(zeros_a, sum_of_two);
  return over_lanes<A>(a, choice);
}
template <class A, class Choice>
WEFT_INLINE A row_choice(const A* x, std::int64_t n, A none, Choice choice) {
  A zeros = 0;
  return watched_choice<false>(x, n, none, choice, zeros);
}

template <class A>
WEFT_INLINE A row_max(const A* x, std::int64_t n) {
  return row_choice(x, n, static_cast<A>(-__builtin_inf()), larger);
}

// The exponentials of the distances of 16 elements from `max`; they go to out, too, if `keep`.
template <bool keep, class A>
WEFT_INLINE Lanes<A> exps_of(const A* x, A max, A* out) {
  alignas(64) A lanes[kLanes];
  WEFT_LANES
  for (int i = 0; i < kLanes; ++i) lanes[i] = math::exp(x[i] - max);
  const Lanes<A> exps = lanes_of<A>(lanes);
  if constexpr (keep) store_lanes<A>(exps, out);
  return exps;
}

template <bool keep, class A>
WEFT_INLINE double all_exps(const A* x, std::int64_t n, A max, A* out) {
  constexpr int kMany = 4 * kLanes;
  constexpr std::int64_t kRows = 16;  // few, because an f32 lane is to add up few terms
  const auto to = [&](std::int64_t j) { return keep ? out + j : nullptr; };
  double sum = 0;
  std::int64_t j = 0;
  while (j + kMany <= n) {
    Lanes<A> a = exps_of<keep>(x + j, max, to(j)), b = exps_of<keep>(x + j + kLanes, max, to(j + kLanes));
    Lanes<A> c = exps_of<keep>(x + j + 2 * kLanes, max, to(j + 2 * kLanes));
    Lanes<A> d = exps_of<keep>(x + j + 3 * kLanes, max, to(j + 3 * kLanes));
    const std::int64_t left = (n - j) / kMany, end = j + (left < kRows ? left : kRows) * kMany;
    for (j += kMany; j < end; j += kMany) {
      a = joined(a, exps_of<keep>(x + j, max, to(j)), sum_of_two);
      b = joined(b, exps_of<keep>(x + j + kLanes, max, to(j + kLanes)), sum_of_two);
      c = joined(c, exps_of<keep>(x + j + 2 * kLanes, max, to(j + 2 * kLanes)), sum_of_two);
      d = joined(d, exps_of<keep>(x + j + 3 * kLanes, max, to(j + 3 * kLanes)), sum_of_two);
    }
    sum += static_cast<double>(
        over_lanes<A>(joined(joined(a, c, sum_of_two), joined(b, d, sum_of_two), sum_of_two), sum_of_two));
  }
  for (; j + kLanes <= n; j += kLanes)
    sum += static_cast<double>(over_lanes<A>(exps_of<keep>(x + j, max, to(j)), sum_of_two));
  if (j < n) {
    // Lanes without an element add nothing.
    A some[kLanes], exps[kLanes];
    for (int i = 0; i < kLanes; ++i) some[i] = static_cast<A>(-__builtin_inf());
    for (std::int64_t i = j; i < n; ++i) some[i - j] = x[i] - max;
    sum += static_cast<double>(over_lanes<A>(exps_of<true>(some, A{0}, exps), sum_of_two));
    for (std::int64_t i = j; keep && i < n; ++i) out[i] = exps[i - j];
  }
  return sum;
}

// The sum of exp(x_j - max); the exponentials go to out unless it is null.
template <class A>
WEFT_INLINE double row_exps(const A* x, std::int64_t n, A max, A* out) {
  return out ? all_exps<true>(x, n, max, out) : all_exps<false>(x, n, max, out);
}

}  // namespace
}  // namespace weft::kernels
