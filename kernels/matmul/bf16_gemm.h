// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/device/thread_pool.h"
#include "kernels/matmul/bf16_units.h"
#include "kernels/matmul/problem.h"

namespace weft::kernels {

// A product of bf16 matrices with the processor's bf16 units, made tile by tile, so that more can be done with a tile
// while it is in cache. Sums are f32; how the product is cut follows from its shape alone, and no sum is split, so that
// every element is the same whatever the number of threads.
class Bf16Gemm {
 public:
  static constexpr std::int64_t kRows = bf16_units::kSide, kCols = 2 * bf16_units::kSide;
  struct Window {
    std::int64_t matrix, row, col, rows, cols;
  };

  Bf16Gemm(GemmProblem problem, bf16_units::Kind kind);

  // Bytes for the packed operands.
  std::size_t workspace() const;

  // Calls sink(window, tile) for every tile of C, on the threads of the pool. `tile` points to f32 sums, rows of kCols;
  // sink may change them.
  template <class Sink>
  void for_each_tile(const void* a, const void* b, void* workspace, Sink&& sink) const {
    if (p_.batch * p_.m * p_.n == 0) return;
    pack(static_cast<const bf16*>(a), static_cast<const bf16*>(b), static_cast<bf16*>(workspace));
    parallel_for(p_.batch * row_panels_ * col_tiles_, grain_, [&](std::int64_t begin, std::int64_t end) {
      const bf16_units::Scope scope(kind_);
      alignas(64) float tile[kRows * kCols];
      for (std::int64_t i = begin; i < end; ++i) {
        const Window w = window(i);
        multiply(w, static_cast<const bf16*>(workspace), tile);
        sink(w, tile);
      }
    });
  }

  // Writes C, as f32 or bf16.
  void run(const void* a, const void* b, float* c, void* workspace) const;
  void run(const void* a, const void* b, bf16* c, void* workspace) const;

 private:
  void pack(const bf16* a, const bf16* b, bf16* workspace) const;
  Window window(std::int64_t index) const;
  void multiply(const Window& w, const bf16* packed, float* tile) const;
  std::int64_t left_size() const { return row_panels_ * blocks_ * bf16_units::kBlock; }
  std::int64_t right_size() const { return col_panels_ * blocks_ * bf16_units::kBlock; }

  GemmProblem p_;
  bf16_units::Kind kind_;
  std::int64_t blocks_, row_panels_, col_panels_, col_tiles_;
  std::int64_t group_;  // column tiles whose panels stay in the second-level cache while the rows of A pass by
  std::int64_t grain_;
};

}  // namespace weft::kernels
