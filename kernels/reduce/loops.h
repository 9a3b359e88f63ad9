// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

namespace weft::kernels {

// Loops of one reduction over one dtype, on arrays of its states, elements and results; index counts along the reduced
// axes. Only these lines are compiled for each pair, because 60 copies of the rest took longer to build than any other
// file.
struct ReduceLoops {
  std::size_t state, element, result;  // bytes of each
  void (*start)(void* states, std::int64_t n);
  // Adds n neighbors to one state.
  void (*add_row)(void* state, const void* x, std::int64_t index, std::int64_t n);
  // Sets states to those of `rows` rows of n neighbors, one behind the other.
  void (*start_rows)(void* states, const void* x, std::int64_t rows, std::int64_t n);
  // Adds `rows` rows of n neighbors, `stride` elements apart, to n states.
  void (*add_rows)(void* states, std::int64_t n, const void* x, std::int64_t index, std::int64_t rows,
                   std::int64_t stride);
  void (*merge)(void* states, const void* next, std::int64_t n);
  void (*finish)(void* out, const void* states, std::int64_t n, std::int64_t count, std::int64_t correction);
};

}  // namespace weft::kernels
