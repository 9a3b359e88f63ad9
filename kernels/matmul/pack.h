// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>

#include "kernels/common/float_types.h"
#include "kernels/common/transpose.h"

namespace weft::kernels {

// Transposes a matrix of any type, widened to the type that is computed with. Blocks keep both the reads and the writes
// within a few cache lines.
template <class T>
void transpose(const T* from, std::int64_t from_step, std::int64_t rows, std::int64_t cols, Compute<T>* to,
               std::int64_t to_step) {
  constexpr std::int64_t kBlock = 4;
  for (std::int64_t r = 0; r < rows; r += kBlock) {
    for (std::int64_t c = 0; c < cols; c += kBlock) {
      for (std::int64_t i = r; i < std::min(rows, r + kBlock); ++i) {
        for (std::int64_t j = c; j < std::min(cols, c + kBlock); ++j) {
          to[j * to_step + i] = static_cast<Compute<T>>(from[i * from_step + j]);
        }
      }
    }
  }
}

// Copies a (rows, cols) matrix, widened to the type that is computed with.
template <class T>
void copy_rows(const T* from, std::int64_t from_step, std::int64_t rows, std::int64_t cols, Compute<T>* to,
               std::int64_t to_step) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) to[r * to_step + c] = static_cast<Compute<T>>(from[r * from_step + c]);
  }
}

}  // namespace weft::kernels
