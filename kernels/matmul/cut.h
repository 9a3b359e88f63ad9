// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "kernels/matmul/problem.h"

namespace weft::kernels {

// Cut of a product on the CPU. It follows from shape and types alone, because every element must be the same sum for
// any number of threads.
struct GemmCut {
  static constexpr std::int64_t kMaxRows = 48, kMaxCols = 64;

  // C' = B' A' is computed instead, where that copies less. Below, A, B, m and n are those of the product computed.
  bool swapped = false;
  bool dots = false;                    // rows of A times rows of a transposed B, both as they are
  bool pack_a = false, pack_b = false;  // copied first: widened, or laid out for the tile kernels
  std::int64_t rows = 1, cols = 1;      // of a tile
  std::int64_t slice = 1;               // of k; the slices of a tile are added in order
};

// A product of few rows may be made of dot products instead of tiles.
bool takes_dots(const GemmProblem& problem);
GemmCut cut_of(const GemmProblem& problem, bool dots);
// The problem whose result is the transpose of p's.
GemmProblem swapped(GemmProblem p);

}  // namespace weft::kernels
