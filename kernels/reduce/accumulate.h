// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/scalar/annotate.h"
#include "core/scalar/select.h"
#include "kernels/common/float_types.h"

// Steps of each reduction over its elements, for CPU and CUDA alike. E is the type that is computed with.
//
//   Element           E
//   State             what is known of the elements seen so far
//   start()           of no element
//   add(s, x, index)  one more element; index counts along the reduced axes
//   merge(s, next)    joins the state of a later stretch of elements
//   result(s, count, correction)
namespace weft::kernels {

// Sums of integers wrap around.
template <class E>
WEFT_HD inline E wrapping_sum(E a, E b) {
  return a + b;
}
WEFT_HD inline std::int64_t wrapping_sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
template <class E>
WEFT_HD inline E wrapping_product(E a, E b) {
  return a * b;
}
WEFT_HD inline std::int64_t wrapping_product(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

template <class E>
struct Sum {
  using Element = E;
  using State = E;
  WEFT_HD static State start() { return 0; }
  WEFT_HD static void add(State& s, E x, std::int64_t) { s = wrapping_sum(s, x); }
  WEFT_HD static void merge(State& s, const State& next) { s = wrapping_sum(s, next); }
  WEFT_HD static E result(const State& s, std::int64_t, std::int64_t) { return s; }
};

template <class E>
struct Mean : Sum<E> {
  WEFT_HD static E result(const E& s, std::int64_t count, std::int64_t) { return s / static_cast<E>(count); }
};

template <class E>
struct Product {
  using Element = E;
  using State = E;
  WEFT_HD static State start() { return 1; }
  WEFT_HD static void add(State& s, E x, std::int64_t) { s = wrapping_product(s, x); }
  WEFT_HD static void merge(State& s, const State& next) { s = wrapping_product(s, next); }
  WEFT_HD static E result(const State& s, std::int64_t, std::int64_t) { return s; }
};

// The least value of E, the start of a maximum.
template <class E>
WEFT_HD inline E lowest() {
  return std::numeric_limits<E>::has_infinity ? -std::numeric_limits<E>::infinity() : std::numeric_limits<E>::lowest();
}
template <class E>
WEFT_HD inline E highest() {
  return std::numeric_limits<E>::has_infinity ? std::numeric_limits<E>::infinity() : std::numeric_limits<E>::max();
}

template <class E>
struct Max {
  using Element = E;
  using State = E;
  WEFT_HD static State start() { return lowest<E>(); }
  WEFT_HD static void add(State& s, E x, std::int64_t) {
    s = math::either(x > s, x != x) ? x : s;
  }  // NaN comes in, and stays
  WEFT_HD static void merge(State& s, const State& next) { add(s, next, 0); }
  WEFT_HD static E result(const State& s, std::int64_t, std::int64_t) { return s; }
};

template <class E>
struct Min {
  using Element = E;
  using State = E;
  WEFT_HD static State start() { return highest<E>(); }
  WEFT_HD static void add(State& s, E x, std::int64_t) { s = math::either(x < s, x != x) ? x : s; }
  WEFT_HD static void merge(State& s, const State& next) { add(s, next, 0); }
  WEFT_HD static E result(const State& s, std::int64_t, std::int64_t) { return s; }
};

template <class E>
struct Indexed {
  E value;
  std::int64_t index;
};

// First of the largest; NaN counts as the largest.
template <class E>
struct ArgMax {
  using Element = E;
  using State = Indexed<E>;
  WEFT_HD static State start() { return {lowest<E>(), std::numeric_limits<std::int64_t>::max()}; }
  WEFT_HD static void add(State& s, E x, std::int64_t index) { merge(s, {x, index}); }
  WEFT_HD static void merge(State& s, const State& next) {
    const bool nan = s.value != s.value, next_nan = next.value != next.value;
    const bool same = next.value == s.value || (nan && next_nan);
    const bool better = next.value > s.value || (next_nan && !nan);
    if (better || (same && next.index < s.index)) s = next;
  }
  WEFT_HD static std::int64_t result(const State& s, std::int64_t, std::int64_t) { return s.index; }
};

// First of the smallest; NaN counts as the smallest.
template <class E>
struct ArgMin {
  using Element = E;
  using State = Indexed<E>;
  WEFT_HD static State start() { return {highest<E>(), std::numeric_limits<std::int64_t>::max()}; }
  WEFT_HD static void add(State& s, E x, std::int64_t index) { merge(s, {x, index}); }
  WEFT_HD static void merge(State& s, const State& next) {
    const bool nan = s.value != s.value, next_nan = next.value != next.value;
    const bool same = next.value == s.value || (nan && next_nan);
    const bool better = next.value < s.value || (next_nan && !nan);
    if (better || (same && next.index < s.index)) s = next;
  }
  WEFT_HD static std::int64_t result(const State& s, std::int64_t, std::int64_t) { return s.index; }
};

template <class E>
struct Moments {
  E mean, squares;  // squares: sum of squared distances from the mean
  std::int64_t count;
};

// Welford's running mean, joined as Chan, Golub and LeVeque (1979) do: a large mean does not cancel.
template <class E>
struct Variance {
  using Element = E;
  using State = Moments<E>;
  WEFT_HD static State start() { return {0, 0, 0}; }
  WEFT_HD static void add(State& s, E x, std::int64_t) {
    ++s.count;
    const E distance = x - s.mean;
    s.mean += distance / static_cast<E>(s.count);
    s.squares += distance * (x - s.mean);
  }
  WEFT_HD static void merge(State& s, const State& next) {
    if (next.count == 0) return;
    if (s.count == 0) {
      s = next;
      return;
    }
    const std::int64_t count = s.count + next.count;
    const E distance = next.mean - s.mean;
    const E share = static_cast<E>(next.count) / static_cast<E>(count);
    s.mean += distance * share;
    s.squares += next.squares + distance * distance * static_cast<E>(s.count) * share;
    s.count = count;
  }
  // The unbiased rule with nothing left over is 0/0 = NaN, as in PyTorch.
  WEFT_HD static E result(const State& s, std::int64_t count, std::int64_t correction) {
    return s.squares / static_cast<E>(count > correction ? count - correction : 0);
  }
};

template <class E>
struct Scaled {
  E max, sum;  // sum of exp(x - max)
};

// log of the sum of exp(x). The largest x is taken out, because exp would overflow.
template <class E>
struct LogSumExp {
  using Element = E;
  using State = Scaled<E>;
  WEFT_HD static State start() { return {lowest<E>(), 0}; }
  WEFT_HD static void add(State& s, E x, std::int64_t) { merge(s, {x, x == lowest<E>() ? E{0} : E{1}}); }
  WEFT_HD static void merge(State& s, const State& next) {
    if (next.max == s.max) {  // also where both are infinite and their difference is not a number
      s.sum += next.sum;
    } else if (next.max < s.max) {
      s.sum += next.sum * std::exp(next.max - s.max);
    } else {
      s.sum = s.sum * std::exp(s.max - next.max) + next.sum;
      s.max = next.max;
    }
  }
  WEFT_HD static E result(const State& s, std::int64_t, std::int64_t) { return s.max + std::log(s.sum); }
};

// The reduction's result in the dtype of the output. A mean in f32 is a rounded sum divided by the count, as the nodes
// are that stand for the op in a fused program.
template <class Op, class Out>
WEFT_HD inline Out finished(const typename Op::State& s, std::int64_t count, std::int64_t correction) {
  if constexpr (std::is_same_v<Op, Mean<double>> && std::is_same_v<Out, float>)
    return narrowed<float>(s) / static_cast<float>(count);
  else
    return narrowed<Out>(Op::result(s, count, correction));
}

}  // namespace weft::kernels
