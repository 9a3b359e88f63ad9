// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "kernels/support/float_types.h"

namespace weft::kernels {

// Copies rows [begin, end) of a dense (rows, cols) matrix, widened to the type that is computed with.
template <class T>
void pack_rows(const T* from, Compute<T>* to, std::int64_t cols, std::int64_t begin, std::int64_t end) {
  for (std::int64_t i = begin * cols; i < end * cols; ++i) to[i] = static_cast<Compute<T>>(from[i]);
}

// Writes rows [begin, end) of the (rows, cols) transpose of a dense (cols, rows) matrix. Blocks keep both the reads and
// the writes within a few cache lines.
template <class T>
void pack_transposed(const T* from, Compute<T>* to, std::int64_t rows, std::int64_t cols, std::int64_t begin,
                     std::int64_t end) {
  constexpr std::int64_t kBlock = 16;
  for (std::int64_t c0 = 0; c0 < cols; c0 += kBlock) {
    const std::int64_t c1 = std::min(cols, c0 + kBlock);
    for (std::int64_t r0 = begin; r0 < end; r0 += kBlock) {
      const std::int64_t r1 = std::min(end, r0 + kBlock);
      for (std::int64_t r = r0; r < r1; ++r) {
        for (std::int64_t c = c0; c < c1; ++c) to[r * cols + c] = static_cast<Compute<T>>(from[c * rows + r]);
      }
    }
  }
}

}  // namespace weft::kernels
