// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <type_traits>

#include "kernels/common/lanes.h"
#include "kernels/pool/loops.h"

// The loops, included once by each file that is built for an instruction set; all of it has internal linkage and calls
// only what is always inlined.
namespace weft::kernels {
namespace {

static_assert(kLeastChannels == kLanes);

// Whole numbers as wide as A, a register of them.
template <class A>
using Whole = std::conditional_t<sizeof(A) == 4, std::int32_t, std::int64_t>;

template <class A, class I>
WEFT_INLINE LaneVector<Whole<A>> loaded_positions(const I* index) {
  Whole<A> wide[kLaneWidth<A>];
  for (int i = 0; i < kLaneWidth<A>; ++i) wide[i] = index[i];
  LaneVector<Whole<A>> v;
  __builtin_memcpy(&v, wide, sizeof v);
  return v;
}
template <class A, class I>
WEFT_INLINE void store_positions(LaneVector<Whole<A>> v, I* index) {
  Whole<A> wide[kLaneWidth<A>];
  __builtin_memcpy(wide, &v, sizeof v);
  for (int i = 0; i < kLaneWidth<A>; ++i) index[i] = static_cast<I>(wide[i]);
}

// The pixels of a small box, one after the other.
struct PixelList {
  static constexpr std::int64_t kMost = 32;
  std::int64_t count = 0;
  std::int64_t pixel[kMost];
  std::int32_t position[kMost];

  template <class Visit>
  WEFT_INLINE void for_each(const Visit& visit) const {
    for (std::int64_t k = 0; k < count; ++k) visit(pixel[k], position[k]);
  }
};

// Calls body with the box, as a list if it is small: loops around loops over one or two pixels cost more than these.
template <class Body>
WEFT_INLINE void over_box(const PoolRun& run, const Body& body) {
  if (run.count[0] * run.count[1] * run.count[2] > PixelList::kMost) {
    body(run);
  } else {
    PixelList list;
    run.for_each([&](std::int64_t pixel, std::int32_t position) __attribute__((always_inline)) {
      list.pixel[list.count] = pixel;
      list.position[list.count++] = position;
    });
    body(list);
  }
}

// Calls block(first channel, lanes) so that blocks of channels cover all; the last one may overlap.
template <class Block>
WEFT_INLINE void by_channels(std::int64_t channels, const Block& block) {
  constexpr std::int64_t kMany = (kRegister == 64 ? 4 : 2) * kLanes;  // as the registers hold
  std::int64_t c = 0;
  for (; c + kMany <= channels; c += kMany) block(c, std::integral_constant<int, kMany>{});
  for (; c + kLanes <= channels; c += kLanes) block(c, std::integral_constant<int, kLanes>{});
  if (c < channels) block(channels - kLanes, std::integral_constant<int, kLanes>{});
}

template <bool indexed, class T, class I, class Box>
WEFT_INLINE void max_of(const PoolRun& run, const Box& box, const T* x, T* y, I* index) {
  using A = Compute<T>;
  constexpr int kWidth = kLaneWidth<A>;
  by_channels(
      run.channels, [&](std::int64_t c, auto lanes) __attribute__((always_inline)) {
        constexpr int kVectors = decltype(lanes)::value / kWidth;
        LaneVector<A> best[kVectors];
        LaneVector<Whole<A>> at[kVectors];
        for (int v = 0; v < kVectors; ++v) {
          best[v] = LaneVector<A>{} - static_cast<A>(__builtin_inf());
          at[v] = LaneVector<Whole<A>>{} + run.position;
        }
        box.for_each([&](std::int64_t pixel, std::int32_t position) __attribute__((always_inline)) {
          const T* from = x + pixel * run.channels + c;
          for (int v = 0; v < kVectors; ++v) {
            const LaneVector<A> e = loaded<A>(from + v * kWidth);
            const auto wins = (e > best[v]) | (e != e);
            best[v] = wins ? e : best[v];
            if constexpr (indexed) at[v] = wins ? LaneVector<Whole<A>>{} + position : at[v];
          }
        });
        for (int v = 0; v < kVectors; ++v) {
          if (y != nullptr) store<A>(best[v], y + c + v * kWidth);
          if constexpr (indexed) store_positions<A>(at[v], index + c + v * kWidth);
        }
      });
}

template <class T, class I>
void max_pool(const PoolRun& run, const T* x, T* y, I* index) {
  over_box(
      run, [&](const auto& box) __attribute__((always_inline)) {
        if (index != nullptr) {
          max_of<true>(run, box, x, y, index);
        } else {
          max_of<false>(run, box, x, y, index);
        }
      });
}

template <class T, class I, class Box>
WEFT_INLINE void max_unpool_of(const PoolRun& run, const Box& box, const T* values, const I* index, T* x) {
  using A = Compute<T>;
  constexpr int kWidth = kLaneWidth<A>;
  by_channels(
      run.channels, [&](std::int64_t c, auto lanes) __attribute__((always_inline)) {
        constexpr int kVectors = decltype(lanes)::value / kWidth;
        LaneVector<A> sum[kVectors] = {};
        box.for_each([&](std::int64_t pixel, std::int32_t position) __attribute__((always_inline)) {
          const std::int64_t from = pixel * run.channels + c;
          for (int v = 0; v < kVectors; ++v) {
            const auto named = loaded_positions<A>(index + from + v * kWidth) == position;
            const LaneVector<A> value = loaded<A>(values + from + v * kWidth);
            sum[v] = named ? sum[v] + value : sum[v];
          }
        });
        for (int v = 0; v < kVectors; ++v) store<A>(sum[v], x + c + v * kWidth);
      });
}

template <class T, class I>
void max_unpool(const PoolRun& run, const T* values, const I* index, T* x) {
  over_box(
      run, [&](const auto& box) __attribute__((always_inline)) { max_unpool_of(run, box, values, index, x); });
}

template <class T, class Box>
WEFT_INLINE void avg_pool_of(const PoolRun& run, const Box& box, const T* x, double divisor, T* y) {
  using A = Compute<T>;
  constexpr int kWidth = kLaneWidth<A>;
  by_channels(
      run.channels, [&](std::int64_t c, auto lanes) __attribute__((always_inline)) {
        constexpr int kVectors = decltype(lanes)::value / kWidth;
        LaneVector<A> sum[kVectors] = {};
        box.for_each([&](std::int64_t pixel, std::int32_t) __attribute__((always_inline)) {
          const T* from = x + pixel * run.channels + c;
          for (int v = 0; v < kVectors; ++v) sum[v] += loaded<A>(from + v * kWidth);
        });
        for (int v = 0; v < kVectors; ++v) store<A>(sum[v] / static_cast<A>(divisor), y + c + v * kWidth);
      });
}

template <class T>
void avg_pool(const PoolRun& run, const T* x, double divisor, T* y) {
  over_box(
      run, [&](const auto& box) __attribute__((always_inline)) { avg_pool_of(run, box, x, divisor, y); });
}

template <class T, class Box>
WEFT_INLINE void avg_pool_grad_of(const PoolRun& run, const Box& box, const T* dy, const Compute<T>* share, T* dx) {
  using A = Compute<T>;
  constexpr int kWidth = kLaneWidth<A>;
  by_channels(
      run.channels, [&](std::int64_t c, auto lanes) __attribute__((always_inline)) {
        constexpr int kVectors = decltype(lanes)::value / kWidth;
        LaneVector<A> sum[kVectors] = {};
        box.for_each([&](std::int64_t pixel, std::int32_t) __attribute__((always_inline)) {
          const T* from = dy + pixel * run.channels + c;
          for (int v = 0; v < kVectors; ++v) sum[v] += loaded<A>(from + v * kWidth) * share[pixel];
        });
        for (int v = 0; v < kVectors; ++v) store<A>(sum[v], dx + c + v * kWidth);
      });
}

template <class T>
void avg_pool_grad(const PoolRun& run, const T* dy, const Compute<T>* share, T* dx) {
  over_box(
      run, [&](const auto& box) __attribute__((always_inline)) { avg_pool_grad_of(run, box, dy, share, dx); });
}

template <class T, class I>
void resolve_max_pool(MaxPoolLoops<T, I>& loops) {
  loops = {max_pool<T, I>, max_unpool<T, I>};
}
template <class T>
void resolve_avg_pool(AvgPoolLoops<T>& loops) {
  loops = {avg_pool<T>, avg_pool_grad<T>};
}

}  // namespace
}  // namespace weft::kernels
