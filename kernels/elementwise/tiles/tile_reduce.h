// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/program/interpreter.h"

// Functions that join tiles into the states of a reduction. Like tile_machine.h, for files built for one instruction
// set.
namespace weft::kernels {
namespace {

template <class T>
struct StateType {
  using type = double;
};
template <>
struct StateType<long long> {
  using type = long long;
};
template <class T>
using StateOf = typename StateType<T>::type;

// The order of operands matters for NaN only: it comes in, and stays.
template <Fn join, class S>
WEFT_HD inline S joined(S state, S next) {
  if constexpr (join == Fn::kMaximum)
    return static_cast<int>(next > state) | static_cast<int>(next != next) ? next : state;
  if constexpr (join == Fn::kMinimum)
    return static_cast<int>(next < state) | static_cast<int>(next != next) ? next : state;
  // Sums of integers wrap around.
  if constexpr (__is_same(S, long long))
    return static_cast<S>(static_cast<unsigned long long>(state) + static_cast<unsigned long long>(next));
  return state + next;
}

// states[i] takes in lanes[i].
template <Fn join, class S, class T>
void join_row(S* states, const T* lanes, std::int64_t n) {
  WEFT_LANES
  for (std::int64_t i = 0; i < n; ++i) states[i] = joined<join>(states[i], static_cast<S>(lanes[i]));
}

// One state takes in all lanes: 16 chains, so that sums need not wait for each other, joined in order.
template <Fn join, class S, class T>
void join_lanes(S& state, const T* lanes, std::int64_t n) {
  constexpr int kChains = 16;
  alignas(64) S chain[kChains];
  std::int64_t i = 0;
  if (n >= 2 * kChains) {
    for (int k = 0; k < kChains; ++k) chain[k] = static_cast<S>(lanes[k]);
    for (i = kChains; i + kChains <= n; i += kChains) join_row<join>(chain, lanes + i, kChains);
    for (int k = 0; k < kChains; ++k) state = joined<join>(state, chain[k]);
  }
  for (; i < n; ++i) state = joined<join>(state, static_cast<S>(lanes[i]));
}

}  // namespace
}  // namespace weft::kernels
