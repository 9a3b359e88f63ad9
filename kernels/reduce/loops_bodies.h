// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/program/interpreter.h"
#include "kernels/common/float_types.h"
#include "kernels/common/row_vectors.h"
#include "kernels/reduce/accumulate.h"
#include "kernels/reduce/loops.h"

// The loops, included once by each file that is built for an instruction set; all of it has internal linkage and calls
// only what is always inlined.
namespace weft::kernels {
namespace {

constexpr int kShort = 16;  // elements of a short row, or of the rest of a longer one

template <class Op>
using StateOf = typename Op::State;
template <class Op>
using ElementOf = typename Op::Element;

// The state of one element.
template <class Op, class T>
StateOf<Op> state_of(T x) {
  StateOf<Op> state = Op::start();
  Op::add(state, widened<ElementOf<Op>>(x), 0);
  return state;
}

// One state for a row. Many chains side by side, because an addition would wait for the one before; they are joined
// halves on halves. Chains begin with an element, because the compiler would fill them with zeros by a slow loop.
template <class Op, class T>
struct RowState {
  using S = StateOf<Op>;
  using E = ElementOf<Op>;
  static constexpr int kMany = 256 / static_cast<int>(sizeof(S)) > kShort ? 256 / static_cast<int>(sizeof(S)) : kShort;

  static S of(const T* x, std::int64_t, std::int64_t n) {
    const auto join = [](S a, S b) {
      Op::merge(a, b);
      return a;
    };
    if (n < kShort) {
      S state = Op::start();
      for (std::int64_t j = 0; j < n; ++j) Op::add(state, widened<E>(x[j]), 0);
      return state;
    }
    S chains[kShort];
    std::int64_t j = kShort;
    if (n < kMany) {
      for (int i = 0; i < kShort; ++i) chains[i] = state_of<Op>(x[i]);
    } else {
      S many[kMany];
      for (int i = 0; i < kMany; ++i) many[i] = state_of<Op>(x[i]);
      for (j = kMany; j + kMany <= n; j += kMany) {
        WEFT_LANES
        for (int i = 0; i < kMany; ++i) Op::add(many[i], widened<E>(x[j + i]), 0);
      }
      if (j == n) return halves<kMany>(many, join);
      for (int i = 0; i < kShort; ++i) chains[i] = many[i];
      for (int k = kShort; k < kMany; k += kShort)
        for (int i = 0; i < kShort; ++i) Op::merge(chains[i], many[k + i]);
    }
    for (; j + kShort <= n; j += kShort) {
      for (int i = 0; i < kShort; ++i) Op::add(chains[i], widened<E>(x[j + i]), 0);
    }
    for (int i = 0; i < static_cast<int>(n - j); ++i) Op::add(chains[i], widened<E>(x[j + i]), 0);
    return halves<kShort>(chains, join);
  }
};

template <class T>
concept Number = __is_same(T, float) || __is_same(T, double);

// Reductions whose states are numbers that one operation joins: `none` changes nothing, `add` is `join` with an
// element.
template <class Op>
struct Joining;
template <Number E>
struct Joining<Sum<E>> {
  static constexpr E none = -0.0;
  static constexpr auto join = sum_of_two;
  static constexpr auto add = sum_with_widened;
};
template <Number E>
struct Joining<Mean<E>> : Joining<Sum<E>> {};
template <Number E>
struct Joining<Product<E>> {
  static constexpr E none = 1;
  static constexpr auto join = product_of_two;
  static constexpr auto add = product_of_two;
};
template <class Op>
concept HasJoining = requires {
  Joining<Op>::none;
};

// A row of floats joined in registers.
template <class Op, class T>
WEFT_INLINE ElementOf<Op> row_total(const T* x, std::int64_t n) {
  using E = ElementOf<Op>;
  constexpr E none = Joining<Op>::none;
  constexpr auto join = Joining<Op>::join;
  constexpr auto add = Joining<Op>::add;
  if (n < kLanes) {
    E total = none;
    for (std::int64_t j = 0; j < n; ++j) total = join(total, widened<E>(x[j]));
    return total;
  }
  Lanes<E> a = lanes_of<E>(x);
  std::int64_t j = kLanes;
  if (n >= 2 * kLanes) {
    Lanes<E> b = lanes_of<E>(x + kLanes);
    for (j = 2 * kLanes; j + 2 * kLanes <= n; j += 2 * kLanes) {
      a = joined(a, lanes_of<E>(x + j), add);
      b = joined(b, lanes_of<E>(x + j + kLanes), add);
    }
    a = joined(a, b, join);
  }
  if (j + kLanes <= n) {
    a = joined(a, lanes_of<E>(x + j), join);
    j += kLanes;
  }
  if (j < n) a = joined(a, first_lanes<E>(x + j, static_cast<int>(n - j), none), join);
  return over_lanes<E>(a, join);
}
template <HasJoining Op, class T>
struct RowState<Op, T> {
  static ElementOf<Op> of(const T* x, std::int64_t, std::int64_t n) { return row_total<Op>(x, n); }
};

// The extremum with NaN. The choices skip it, because one that keeps it takes several instructions and branches; only
// rows in which some element is not finite are searched.
template <class T, class Choice>
T choice_with_nan(const T* x, std::int64_t n, T none, Choice choice) {
  T zeros = 0;
  const T most = watched_choice<true>(x, n, none, choice, zeros);
  if (zeros == 0) return most;
  int nan = 0;
  for (std::int64_t j = 0; j < n; ++j) nan |= static_cast<int>(x[j] != x[j]);
  return nan != 0 ? static_cast<T>(__builtin_nan("")) : most;
}
template <Number T>
struct RowState<Max<T>, T> {
  static T of(const T* x, std::int64_t, std::int64_t n) { return choice_with_nan(x, n, Max<T>::start(), larger); }
};
template <Number T>
struct RowState<Min<T>, T> {
  static T of(const T* x, std::int64_t, std::int64_t n) { return choice_with_nan(x, n, Min<T>::start(), smaller); }
};

// Extrema of bytes, which bools are, too, because their states of 64 bits would leave a register few of them.
template <>
struct RowState<Max<std::int64_t>, std::uint8_t> {
  static std::int64_t of(const std::uint8_t* x, std::int64_t, std::int64_t n) {
    std::uint8_t most = 0;
    for (std::int64_t j = 0; j < n; ++j) most = x[j] > most ? x[j] : most;
    return most;
  }
};
template <>
struct RowState<Min<std::int64_t>, std::uint8_t> {
  static std::int64_t of(const std::uint8_t* x, std::int64_t, std::int64_t n) {
    std::uint8_t least = 255;
    for (std::int64_t j = 0; j < n; ++j) least = x[j] < least ? x[j] : least;
    return least;
  }
};

// The first element that equals the extremum, which is found first; every NaN equals NaN.
template <class Op, class Extremum, class T>
struct PlaceState {
  using E = ElementOf<Op>;
  static StateOf<Op> of(const T* x, std::int64_t index, std::int64_t n) {
    constexpr int kBlock = 64;
    const E value = RowState<Extremum, T>::of(x, 0, n);
    const bool nan = value != value;
    const auto found = [&](std::int64_t j) {
      const E e = widened<E>(x[j]);
      return static_cast<int>(e == value) | (static_cast<int>(nan) & static_cast<int>(e != e));
    };
    std::int64_t j = 0;
    for (; j + kBlock <= n; j += kBlock) {
      int any = 0;
      for (int i = 0; i < kBlock; ++i) any |= found(j + i);
      if (any != 0) break;
    }
    while (j < n && found(j) == 0) ++j;
    return {value, index + j};
  }
};
template <class E, class T>
struct RowState<ArgMax<E>, T> : PlaceState<ArgMax<E>, Max<E>, T> {};
template <class E, class T>
struct RowState<ArgMin<E>, T> : PlaceState<ArgMin<E>, Min<E>, T> {};

// The mean first, then the distances from it: the row is in cache, and nothing is divided.
template <class E, class T>
struct RowState<Variance<E>, T> {
  struct Squares : Sum<E> {
    E mean;
  };
  static Moments<E> of(const T* x, std::int64_t, std::int64_t n) {
    constexpr int kMany = 32;
    const E mean = n > 0 ? RowState<Sum<E>, T>::of(x, 0, n) / static_cast<E>(n) : 0;
    E lanes[kMany];
    for (int i = 0; i < kMany; ++i) lanes[i] = 0;
    std::int64_t j = 0;
    for (; j + kMany <= n; j += kMany) {
      WEFT_LANES
      for (int i = 0; i < kMany; ++i) {
        const E distance = widened<E>(x[j + i]) - mean;
        lanes[i] += distance * distance;
      }
    }
    for (int i = 0; j < n; ++i, ++j) {
      const E distance = widened<E>(x[j]) - mean;
      lanes[i] += distance * distance;
    }
    return {mean, halves<kMany>(lanes, [](E a, E b) { return a + b; }), n};
  }
};

// The largest element first; where the exponentials are no numbers, each is looked at alone.
template <class E, class T>
struct RowState<LogSumExp<E>, T> {
  static Scaled<E> of(const T* x, std::int64_t, std::int64_t n) {
    if constexpr (__is_same(T, float)) {
      const float max = row_max(x, n);
      if (max > lowest<float>() && max < highest<float>()) return {max, row_exps<float>(x, n, max, nullptr)};
    }
    Scaled<E> state = LogSumExp<E>::start();
    for (std::int64_t j = 0; j < n; ++j) LogSumExp<E>::add(state, widened<E>(x[j]), j);
    return state;
  }
};

template <class Op>
struct StateLoops {
  using S = StateOf<Op>;

  static void start(void* states, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) static_cast<S*>(states)[i] = Op::start();
  }
  static void merge(void* states, const void* next, std::int64_t n) {
    for (std::int64_t i = 0; i < n; ++i) Op::merge(static_cast<S*>(states)[i], static_cast<const S*>(next)[i]);
  }
};

// Joins kTall rows to totals, a column each. The totals of some columns stay in registers down all rows, and additions
// run in units that do not widen. Columns are taken `abreast` vectors at a time, as many as there are registers for.
constexpr int kTall = 16;
constexpr int kAbreast = kLaneWidth<double> == 8 ? 4 : kLaneWidth<double> == 4 ? 2 : 1;
template <class Op, int abreast, class T>
WEFT_INLINE void join_tall_columns(ElementOf<Op>* totals, const T* x, std::int64_t stride) {
  using E = ElementOf<Op>;
  Lanes<E> total[abreast];
  for (int c = 0; c < abreast; ++c) total[c] = lanes_of<E>(totals + c * kLanes);
  for (int k = 0; k < kTall; ++k)
    for (int c = 0; c < abreast; ++c)
      total[c] = joined(total[c], lanes_of<E>(x + k * stride + c * kLanes), Joining<Op>::add);
  for (int c = 0; c < abreast; ++c) store_lanes<E>(total[c], totals + c * kLanes);
}
template <class Op, class T>
WEFT_INLINE void join_tall_rows(ElementOf<Op>* totals, std::int64_t n, const T* x, std::int64_t stride) {
  std::int64_t j = 0;
  for (; j + kAbreast * kLanes <= n; j += kAbreast * kLanes) join_tall_columns<Op, kAbreast>(totals + j, x + j, stride);
  for (; j + kLanes <= n; j += kLanes) join_tall_columns<Op, 1>(totals + j, x + j, stride);
  WEFT_LANES
  for (std::int64_t i = j; i < n; ++i) {
    ElementOf<Op> total = totals[i];
    for (int k = 0; k < kTall; ++k) Op::add(total, widened<ElementOf<Op>>(x[k * stride + i]), 0);
    totals[i] = total;
  }
}

// Joins narrow rows without gaps; gives how many it took. Each kLanes rows are one row of kLanes times the columns, so
// that short rows fill registers and additions to one total need not wait for each other.
constexpr int kNarrow = 2 * kLanes;
template <class Op, class T>
WEFT_INLINE std::int64_t join_narrow_rows(ElementOf<Op>* totals, std::int64_t n, const T* x, std::int64_t rows) {
  ElementOf<Op> wide[kLanes * kNarrow];
  for (std::int64_t i = 0; i < kLanes * n; ++i) wide[i] = Joining<Op>::none;
  std::int64_t r = 0;
  for (; r + kLanes * kTall <= rows; r += kLanes * kTall) join_tall_rows<Op>(wide, kLanes * n, x + r * n, kLanes * n);
  for (std::int64_t k = 0; r > 0 && k < kLanes; ++k)
    for (std::int64_t j = 0; j < n; ++j) Op::merge(totals[j], wide[k * n + j]);
  return r;
}

// Joins up to kDeep rows to log-sum-exps, a column each, of at most kLanes columns: the largest of each column first,
// then the exponentials, and one merge for all rows. Elements that are not finite are looked at one by one.
constexpr std::int64_t kDeep = 64;
template <class E>
WEFT_INLINE void add_deep_columns(Scaled<E>* states, int n, const float* x, std::int64_t rows, std::int64_t stride) {
  alignas(64) float max[kLanes], rests[kLanes];  // rests: 0, or NaN where an element is not finite
  for (int i = 0; i < kLanes; ++i) max[i] = rests[i] = 0;
  WEFT_LANES
  for (int i = 0; i < n; ++i) max[i] = x[i];
  for (std::int64_t k = 0; k < rows; ++k) {
    WEFT_LANES
    for (int i = 0; i < n; ++i) {
      const float e = x[k * stride + i];
      max[i] = e > max[i] ? e : max[i];
      rests[i] += e - e;
    }
  }
  int finite = 1;
  for (int i = 0; i < kLanes; ++i) finite &= static_cast<int>(rests[i] == 0);
  if (finite == 0) {
    for (std::int64_t k = 0; k < rows; ++k)
      for (int i = 0; i < n; ++i) LogSumExp<E>::add(states[i], x[k * stride + i], k);
    return;
  }
  E sums[kLanes];
  for (int i = 0; i < kLanes; ++i) sums[i] = 0;
  for (std::int64_t begin = 0; begin < rows; begin += kTall) {  // an f32 sum is to have few terms
    const std::int64_t end = begin + kTall < rows ? begin + kTall : rows;
    alignas(64) float part[kLanes];
    for (int i = 0; i < kLanes; ++i) part[i] = 0;
    for (std::int64_t k = begin; k < end; ++k) {
      WEFT_LANES
      for (int i = 0; i < n; ++i) part[i] += math::exp(x[k * stride + i] - max[i]);
    }
    for (int i = 0; i < n; ++i) sums[i] += static_cast<E>(part[i]);
  }
  for (int i = 0; i < n; ++i) LogSumExp<E>::merge(states[i], {static_cast<E>(max[i]), sums[i]});
}
template <class Op, class T>
constexpr bool kDeepColumns = false;
template <Number E>
constexpr bool kDeepColumns<LogSumExp<E>, float> = true;

template <class Op, class T>
struct ElementLoops {
  using S = StateOf<Op>;
  using E = ElementOf<Op>;

  static void add_row(void* state, const void* x, std::int64_t index, std::int64_t n) {
    Op::merge(*static_cast<S*>(state), RowState<Op, T>::of(static_cast<const T*>(x), index, n));
  }
  static void start_rows(void* states, const void* x, std::int64_t rows, std::int64_t n) {
    const T* row = static_cast<const T*>(x);
    S* s = static_cast<S*>(states);
    if (n == kShort) {  // known to the compiler
      for (std::int64_t r = 0; r < rows; ++r) s[r] = RowState<Op, T>::of(row + r * kShort, 0, kShort);
    } else {
      for (std::int64_t r = 0; r < rows; ++r) s[r] = RowState<Op, T>::of(row + r * n, 0, n);
    }
  }
  // Four rows at a time, because states then go to memory a fourth as often.
  static void add_rows(void* states, std::int64_t n, const void* x, std::int64_t index, std::int64_t rows,
                       std::int64_t stride) {
    S* s = static_cast<S*>(states);
    const T* row = static_cast<const T*>(x);
    std::int64_t r = 0;
    if constexpr (kDeepColumns<Op, T>) {
      for (std::int64_t depth; r < rows; r += depth, row += depth * stride) {
        depth = rows - r < kDeep ? rows - r : kDeep;
        std::int64_t j = 0;
        for (; j + kLanes <= n; j += kLanes) add_deep_columns(s + j, kLanes, row + j, depth, stride);
        if (j < n) add_deep_columns(s + j, static_cast<int>(n - j), row + j, depth, stride);
      }
    }
    if constexpr (HasJoining<Op>) {
      if (n <= kNarrow && stride == n) r = join_narrow_rows<Op>(s, n, row, rows), row += r * stride;
      for (; n >= kLanes && r + kTall <= rows; r += kTall, row += kTall * stride) join_tall_rows<Op>(s, n, row, stride);
    }
    for (; r + 4 <= rows; r += 4, row += 4 * stride) {
      WEFT_LANES
      for (std::int64_t j = 0; j < n; ++j) {
        S state = s[j];
        for (int k = 0; k < 4; ++k) Op::add(state, widened<E>(row[k * stride + j]), index + r + k);
        s[j] = state;
      }
    }
    for (; r < rows; ++r, row += stride) {
      WEFT_LANES
      for (std::int64_t j = 0; j < n; ++j) Op::add(s[j], widened<E>(row[j]), index + r);
    }
  }
};

template <class Op, class Out>
void finish_states(void* out, const void* states, std::int64_t n, std::int64_t count, std::int64_t correction) {
  for (std::int64_t i = 0; i < n; ++i)
    static_cast<Out*>(out)[i] = finished<Op, Out>(static_cast<const StateOf<Op>*>(states)[i], count, correction);
}

template <class Op, class T, class Out>
ReduceLoops loops_of() {
  return {.state = sizeof(StateOf<Op>),
          .element = sizeof(T),
          .result = sizeof(Out),
          .start = StateLoops<Op>::start,
          .add_row = ElementLoops<Op, T>::add_row,
          .start_rows = ElementLoops<Op, T>::start_rows,
          .add_rows = ElementLoops<Op, T>::add_rows,
          .merge = StateLoops<Op>::merge,
          .finish = finish_states<Op, Out>};
}

}  // namespace
}  // namespace weft::kernels
