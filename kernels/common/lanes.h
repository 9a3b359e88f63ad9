// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <utility>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "kernels/common/float_types.h"

// Sixteen lanes in vector registers, for files that are built once per instruction set; all of it has internal linkage
// and calls only what is always inlined. Arrays of so few lanes would become single numbers.
namespace weft::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int kRegister = 64;  // bytes
#elif defined(__AVX2__)
constexpr int kRegister = 32;
#else
constexpr int kRegister = 16;
#endif

#define WEFT_INLINE __attribute__((always_inline)) inline

// Registers in halves, because compilers keep arrays of them in memory.
template <class Vector, int count>
struct Registers {
  Registers<Vector, count / 2> low, high;
};
template <class Vector>
struct Registers<Vector, 1> {
  Vector v;
};

constexpr int kLanes = 16;
template <class A>
constexpr int kLaneWidth = kRegister / static_cast<int>(sizeof(A));  // lanes of a register
template <class A>
struct LaneVectorOf {
  using Vector [[gnu::vector_size(kRegister)]] = A;
};
template <class A>
using LaneVector = typename LaneVectorOf<A>::Vector;
template <class A, int count>
using SomeLanes = Registers<LaneVector<A>, count / kLaneWidth<A>>;
template <class A>
using Lanes = SomeLanes<A, kLanes>;

// Numbers one by one, which GCC knows as one instruction; it takes __builtin_convertvector to wider ones apart.
template <class Vector, class Half, int... i>
WEFT_INLINE Vector widened_vector(Half h, std::integer_sequence<int, i...>) {
  return Vector{static_cast<double>(h[i])...};
}

// Neighboring elements of x, one for each lane of a register.
template <class A, class T>
WEFT_INLINE LaneVector<A> loaded(const T* x) {
  constexpr int kWidth = kLaneWidth<A>;
  LaneVector<A> v;
  if constexpr (__is_same(A, T)) {
    __builtin_memcpy(&v, x, sizeof v);
  } else if constexpr (__is_same(A, double) && __is_same(T, float)) {
    using Half [[gnu::vector_size(kRegister / 2)]] = float;
    Half h;
    __builtin_memcpy(&h, x, sizeof h);
    v = widened_vector<LaneVector<A>>(h, std::make_integer_sequence<int, kWidth>{});
  } else {
    A wide[kWidth];
    for (int i = 0; i < kWidth; ++i) wide[i] = widened<A>(x[i]);
    __builtin_memcpy(&v, wide, sizeof v);
  }
  return v;
}

template <class A, class T>
WEFT_INLINE void store(LaneVector<A> v, T* y) {
  constexpr int kWidth = kLaneWidth<A>;
  if constexpr (__is_same(A, T)) {
    __builtin_memcpy(y, &v, sizeof v);
  } else if constexpr (__is_same(A, double) && __is_same(T, float)) {
    using Half [[gnu::vector_size(kRegister / 2)]] = float;
    const Half h = __builtin_convertvector(v, Half);
    __builtin_memcpy(y, &h, sizeof h);
  } else {
    A wide[kWidth];
    __builtin_memcpy(wide, &v, sizeof v);
    for (int i = 0; i < kWidth; ++i) y[i] = narrowed<T>(wide[i]);
  }
}

template <class A, int count = kLanes, class T>
WEFT_INLINE SomeLanes<A, count> lanes_of(const T* x) {
  if constexpr (count == kLaneWidth<A>) {
    return {loaded<A>(x)};
  } else {
    return {lanes_of<A, count / 2>(x), lanes_of<A, count / 2>(x + count / 2)};
  }
}
template <class A, int count = kLanes>
WEFT_INLINE SomeLanes<A, count> all_lanes(A x) {
  if constexpr (count == kLaneWidth<A>) {
    return {LaneVector<A>{} + x};
  } else {
    return {all_lanes<A, count / 2>(x), all_lanes<A, count / 2>(x)};
  }
}
// The first n elements, fewer than 16, and `none` in the other lanes.
template <class A, class T>
WEFT_INLINE Lanes<A> first_lanes(const T* x, int n, A none) {
  A some[kLanes];
  for (int i = 0; i < kLanes; ++i) some[i] = none;
  for (int i = 0; i < n; ++i) some[i] = widened<A>(x[i]);
  return lanes_of<A>(some);
}

template <class A, int count = kLanes, class T>
WEFT_INLINE void store_lanes(const SomeLanes<A, count>& lanes, T* y) {
  if constexpr (count == kLaneWidth<A>) {
    store<A>(lanes.v, y);
  } else {
    store_lanes<A, count / 2>(lanes.low, y);
    store_lanes<A, count / 2>(lanes.high, y + count / 2);
  }
}

template <class Vector, int count, class Join>
WEFT_INLINE Registers<Vector, count> joined(const Registers<Vector, count>& a, const Registers<Vector, count>& b,
                                            Join join) {
  if constexpr (count == 1) {
    return {join(a.v, b.v)};
  } else {
    return {joined(a.low, b.low, join), joined(a.high, b.high, join)};
  }
}

// Lane i gets what lane i ^ distance of its register has.
template <int distance, class Vector, int... i>
WEFT_INLINE Vector exchanged(Vector v, std::integer_sequence<int, i...>) {
  return __builtin_shufflevector(v, v, (i ^ distance)...);
}
template <int distance, class A>
WEFT_INLINE LaneVector<A> exchanged(LaneVector<A> v) {
  return exchanged<distance>(v, std::make_integer_sequence<int, kLaneWidth<A>>{});
}

// Joins the lanes of a register, halves on halves.
template <int distance, class A, class Join>
WEFT_INLINE A over_register(LaneVector<A> v, Join join) {
  if constexpr (distance == 0) {
    return v[0];
  } else {
    return over_register<distance / 2, A>(join(v, exchanged<distance, A>(v)), join);
  }
}

// Joins all lanes, halves on halves, so that every instruction set joins in one order.
template <class A, int count = kLanes, class Join>
WEFT_INLINE A over_lanes(const SomeLanes<A, count>& lanes, Join join) {
  if constexpr (count == kLaneWidth<A>) {
    return over_register<count / 2, A>(lanes.v, join);
  } else {
    return over_lanes<A, count / 2>(joined(lanes.low, lanes.high, join), join);
  }
}

// a * b + c, rounded once where the machine does so in one instruction.
#if defined(__AVX512F__)
WEFT_INLINE LaneVector<float> muladd(LaneVector<float> a, LaneVector<float> b, LaneVector<float> c) {
  return _mm512_fmadd_ps(a, b, c);
}
WEFT_INLINE LaneVector<double> muladd(LaneVector<double> a, LaneVector<double> b, LaneVector<double> c) {
  return _mm512_fmadd_pd(a, b, c);
}
#elif defined(__AVX2__) && defined(__FMA__)
WEFT_INLINE LaneVector<float> muladd(LaneVector<float> a, LaneVector<float> b, LaneVector<float> c) {
  return _mm256_fmadd_ps(a, b, c);
}
WEFT_INLINE LaneVector<double> muladd(LaneVector<double> a, LaneVector<double> b, LaneVector<double> c) {
  return _mm256_fmadd_pd(a, b, c);
}
#else
template <class Vector>
WEFT_INLINE Vector muladd(Vector a, Vector b, Vector c) {
  return a * b + c;
}
#endif

// Joins of numbers and of vectors alike.
constexpr auto sum_of_two = [](auto a, auto b) __attribute__((always_inline)) { return a + b; };
// The sum a + b as the multiply-add b * 1 + a, for elements b that were widened: the units that widen are those that
// add.
constexpr auto sum_with_widened = [](auto a, auto b) __attribute__((always_inline)) {
  return muladd(b, decltype(b){} + 1, a);
};
constexpr auto product_of_two = [](auto a, auto b) __attribute__((always_inline)) { return a * b; };
// Choices that one instruction makes; NaN is skipped.
constexpr auto larger = [](auto a, auto b) __attribute__((always_inline)) { return b > a ? b : a; };
constexpr auto smaller = [](auto a, auto b) __attribute__((always_inline)) { return b < a ? b : a; };

}  // namespace
}  // namespace weft::kernels
