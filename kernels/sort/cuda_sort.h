// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "weft/kernel_call.h"

// The library calls of the CUDA sort kernels: CUB and Thrust on a GPU, plain loops in the emulation. All only enqueue.
namespace weft::kernels {

// n keys and the values that travel with them.
struct Pairs {
  std::uint64_t* keys;
  std::int64_t* places;
};

// Memory for the calls below on up to n elements, on this CUDA device.
std::size_t sort_scratch_bytes(std::int64_t n, int device);
// Sorts by the lowest `bits` bits of the keys, stably. The result is in one of the two, the other is undefined.
Pairs sort_pairs(Pairs from, Pairs spare, std::int64_t n, int bits, void* scratch, std::size_t scratch_bytes,
                 const Call& call);
// Sorts by all bits of the keys, stably and in place; groups[i] is how many different keys stand up to i. The scratch
// memory is group_scratch_bytes().
std::size_t group_scratch_bytes(std::int64_t n, int device);
void group_pairs(Pairs pairs, std::int64_t* groups, std::int64_t n, void* scratch, std::size_t scratch_bytes,
                 const Call& call);

// Layout of a sort's arrays in the workspace: two sets of pairs, then the scratch memory.
struct SortSpace {
  std::int64_t n;
  std::size_t scratch_bytes;

  static SortSpace plan(std::int64_t n, int device) { return {n, sort_scratch_bytes(n, device)}; }
  static SortSpace plan_groups(std::int64_t n, int device) { return {n, group_scratch_bytes(n, device)}; }
  std::size_t bytes() const { return 4 * array_bytes() + scratch_bytes; }
  Pairs pairs(const Call& call, int set) const {
    return {static_cast<std::uint64_t*>(at(call, 2 * set)), static_cast<std::int64_t*>(at(call, 2 * set + 1))};
  }
  void* scratch(const Call& call) const { return at(call, 4); }

 private:
  std::size_t array_bytes() const { return (static_cast<std::size_t>(n) * sizeof(std::int64_t) + 255) / 256 * 256; }
  void* at(const Call& call, int array) const {
    return static_cast<char*>(call.workspace.data) + static_cast<std::size_t>(array) * array_bytes();
  }
};

// Bits that hold every number below n, at least one.
constexpr int bits_below(std::int64_t n) {
  int bits = 1;
  while (bits < 63 && (std::int64_t{1} << bits) < n) ++bits;
  return bits;
}

}  // namespace weft::kernels
