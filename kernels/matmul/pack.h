// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/support/float_types.h"

namespace weft::kernels {

// Copies rows [begin, end) of a (rows, cols) matrix, widened to the type that is computed with; the steps lead from one
// row to the next.
template <class T>
void pack_rows(const T* from, std::int64_t from_step, Compute<T>* to, std::int64_t to_step, std::int64_t cols,
               std::int64_t begin, std::int64_t end) {
  for (std::int64_t r = begin; r < end; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) to[r * to_step + c] = static_cast<Compute<T>>(from[r * from_step + c]);
  }
}

// Writes a 4x4 block of the transpose; one load or store per row instead of one per element.
inline void transpose_block(const float* from, std::int64_t from_step, float* to, std::int64_t to_step) {
  using Four = float __attribute__((vector_size(16)));
  const auto row = [&](std::int64_t i) {
    Four four;
    std::memcpy(&four, from + i * from_step, sizeof four);  // rows start at any float
    return four;
  };
  const Four a = row(0), b = row(1), c = row(2), d = row(3);
  const Four ab_low = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Four cd_low = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Four columns[4] = {
      __builtin_shufflevector(ab_low, cd_low, 0, 1, 4, 5), __builtin_shufflevector(ab_low, cd_low, 2, 3, 6, 7),
      __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5), __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7)};
  for (std::int64_t i = 0; i < 4; ++i) std::memcpy(to + i * to_step, &columns[i], sizeof(Four));
}

// Writes rows [begin, end) of the (rows, cols) transpose of a dense (cols, rows) matrix. Blocks keep both the reads and
// the writes within a few cache lines.
template <class T>
void pack_transposed(const T* from, std::int64_t rows, Compute<T>* to, std::int64_t to_step, std::int64_t cols,
                     std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kBlock = 4;
  for (std::int64_t r = begin; r < end; r += kBlock) {
    for (std::int64_t c = 0; c < cols; c += kBlock) {
      if constexpr (std::is_same_v<T, float>) {
        if (r + kBlock <= end && c + kBlock <= cols) {
          transpose_block(from + c * rows + r, rows, to + r * to_step + c, to_step);
          continue;
        }
      }
      for (std::int64_t i = r; i < std::min(end, r + kBlock); ++i) {
        for (std::int64_t j = c; j < std::min(cols, c + kBlock); ++j) {
          to[i * to_step + j] = static_cast<Compute<T>>(from[j * rows + i]);
        }
      }
    }
  }
}

}  // namespace weft::kernels
