// SPDX-License-Identifier: Apache-2.0
#pragma once

// Barriers, shuffles, votes and warp reductions: points where a thread waits for the others of its block or warp. A
// wait that can never end (a thread exited, sits at another barrier, or was never named) fails the launch with a
// report.
#include <bit>
#include <cstdint>
#include <type_traits>

#include "emulated/builtins.h"

namespace weft::emulator::detail {

// The place at which a thread waits: operands that are compared when a wait is matched, and named in reports.
struct Site {
  const char* operation;
  const char* file;
  int line;
};

enum class BarrierResult { kNone, kCount, kAnd, kOr };
enum class WarpOp { kSync, kShuffle, kBallot, kAdd, kMin, kMax, kMinSigned, kMaxSigned, kAnd, kOr, kXor };

// Waits for all threads of the block; gives the count, conjunction or disjunction of their predicates.
int block_barrier(BarrierResult result, bool predicate, const Site& site);

// Waits for the lanes of `mask`. kShuffle gives lane `source`'s value, all ones when that lane is not in the mask.
std::uint64_t warp_collective(WarpOp op, unsigned mask, std::uint64_t value, int source, const Site& site);

// Lets the other threads of the block run.
void yield_thread();

// Lane of the running thread in its warp.
int lane_index();

// CUDA shuffles 4- and 8-byte arithmetic types; a smaller one would have been converted by its overloads.
template <class T>
concept Shuffled = std::is_arithmetic_v<T> &&(sizeof(T) == 4 || sizeof(T) == 8);

template <Shuffled T>
std::uint64_t to_bits(T value) {
  if constexpr (sizeof(T) == 4) {
    return std::bit_cast<std::uint32_t>(value);
  } else {
    return std::bit_cast<std::uint64_t>(value);
  }
}

template <Shuffled T>
T from_bits(std::uint64_t bits) {
  if constexpr (sizeof(T) == 4) {
    return std::bit_cast<T>(static_cast<std::uint32_t>(bits));
  } else {
    return std::bit_cast<T>(bits);
  }
}

template <Shuffled T>
T shuffle(unsigned mask, T value, int source, const Site& site) {
  return from_bits<T>(warp_collective(WarpOp::kShuffle, mask, to_bits(value), source, site));
}

}  // namespace weft::emulator::detail

// The default arguments are those of the call in the kernel, so reports name its line.
#define WEFT_EMULATED_CALLER const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(WEFT_EMULATED_CALLER) {
  weft::emulator::detail::block_barrier(weft::emulator::detail::BarrierResult::kNone, false,
                                        {"__syncthreads", file, line});
}
inline int __syncthreads_count(int predicate, WEFT_EMULATED_CALLER) {
  return weft::emulator::detail::block_barrier(weft::emulator::detail::BarrierResult::kCount, predicate != 0,
                                               {"__syncthreads_count", file, line});
}
inline int __syncthreads_and(int predicate, WEFT_EMULATED_CALLER) {
  return weft::emulator::detail::block_barrier(weft::emulator::detail::BarrierResult::kAnd, predicate != 0,
                                               {"__syncthreads_and", file, line});
}
inline int __syncthreads_or(int predicate, WEFT_EMULATED_CALLER) {
  return weft::emulator::detail::block_barrier(weft::emulator::detail::BarrierResult::kOr, predicate != 0,
                                               {"__syncthreads_or", file, line});
}

inline void __syncwarp(unsigned mask = 0xffffffffu, WEFT_EMULATED_CALLER) {
  weft::emulator::detail::warp_collective(weft::emulator::detail::WarpOp::kSync, mask, 0, 0,
                                          {"__syncwarp", file, line});
}

template <weft::emulator::detail::Shuffled T>
T __shfl_sync(unsigned mask, T value, int source, int width = warpSize, WEFT_EMULATED_CALLER) {
  const int segment = weft::emulator::detail::lane_index() & ~(width - 1);
  return weft::emulator::detail::shuffle(mask, value, segment + (source & (width - 1)), {"__shfl_sync", file, line});
}
template <weft::emulator::detail::Shuffled T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = warpSize, WEFT_EMULATED_CALLER) {
  const int lane = weft::emulator::detail::lane_index();
  const int source = lane - static_cast<int>(delta);
  return weft::emulator::detail::shuffle(mask, value, source < (lane & ~(width - 1)) ? lane : source,
                                         {"__shfl_up_sync", file, line});
}
template <weft::emulator::detail::Shuffled T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = warpSize, WEFT_EMULATED_CALLER) {
  const int lane = weft::emulator::detail::lane_index();
  const int source = lane + static_cast<int>(delta);
  return weft::emulator::detail::shuffle(mask, value, source > (lane | (width - 1)) ? lane : source,
                                         {"__shfl_down_sync", file, line});
}
template <weft::emulator::detail::Shuffled T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = warpSize, WEFT_EMULATED_CALLER) {
  const int lane = weft::emulator::detail::lane_index();
  const int source = lane ^ lane_mask;
  return weft::emulator::detail::shuffle(mask, value, source > (lane | (width - 1)) ? lane : source,
                                         {"__shfl_xor_sync", file, line});
}

inline unsigned __ballot_sync(unsigned mask, int predicate, WEFT_EMULATED_CALLER) {
  return static_cast<unsigned>(weft::emulator::detail::warp_collective(
      weft::emulator::detail::WarpOp::kBallot, mask, predicate != 0, 0, {"__ballot_sync", file, line}));
}
inline int __any_sync(unsigned mask, int predicate, WEFT_EMULATED_CALLER) {
  return weft::emulator::detail::warp_collective(weft::emulator::detail::WarpOp::kBallot, mask, predicate != 0, 0,
                                                 {"__any_sync", file, line}) != 0;
}
inline int __all_sync(unsigned mask, int predicate, WEFT_EMULATED_CALLER) {
  return weft::emulator::detail::warp_collective(weft::emulator::detail::WarpOp::kBallot, mask, predicate != 0, 0,
                                                 {"__all_sync", file, line}) == mask;
}

// Only the calling lane: the weakest answer that a GPU may give, so that code which hopes for more shows.
inline unsigned __activemask() { return 1u << weft::emulator::detail::lane_index(); }

#define WEFT_EMULATED_WARP_REDUCE(name, type, op)                                                              \
  inline type name(unsigned mask, type value, WEFT_EMULATED_CALLER) {                                          \
    return static_cast<type>(weft::emulator::detail::warp_collective(                                          \
        weft::emulator::detail::WarpOp::op, mask, static_cast<std::uint32_t>(value), 0, {#name, file, line})); \
  }
WEFT_EMULATED_WARP_REDUCE(__reduce_add_sync, unsigned, kAdd)
WEFT_EMULATED_WARP_REDUCE(__reduce_add_sync, int, kAdd)
WEFT_EMULATED_WARP_REDUCE(__reduce_min_sync, unsigned, kMin)
WEFT_EMULATED_WARP_REDUCE(__reduce_min_sync, int, kMinSigned)
WEFT_EMULATED_WARP_REDUCE(__reduce_max_sync, unsigned, kMax)
WEFT_EMULATED_WARP_REDUCE(__reduce_max_sync, int, kMaxSigned)
WEFT_EMULATED_WARP_REDUCE(__reduce_and_sync, unsigned, kAnd)
WEFT_EMULATED_WARP_REDUCE(__reduce_or_sync, unsigned, kOr)
WEFT_EMULATED_WARP_REDUCE(__reduce_xor_sync, unsigned, kXor)
#undef WEFT_EMULATED_WARP_REDUCE
#undef WEFT_EMULATED_CALLER

// Another thread of the block may be what this one waits for.
inline void __nanosleep(unsigned) { weft::emulator::detail::yield_thread(); }
