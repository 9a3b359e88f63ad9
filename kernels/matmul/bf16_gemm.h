// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/device/thread_pool.h"
#include "kernels/matmul/bf16_units.h"
#include "kernels/matmul/gemm.h"
#include "kernels/matmul/problem.h"

namespace weft::kernels {

// A product of bf16 matrices with the processor's bf16 units, made tile by tile, so that more can be done with a tile
// while it is in cache. Sums are f32; how the product is cut follows from its shape alone, and no sum is split, so that
// every element is the same whatever the number of threads. T is what C is made of: float or bf16.
template <class T>
class Bf16Gemm {
 public:
  Bf16Gemm(GemmProblem problem, bf16_units::Kind kind);

  // Bytes for the packed operands.
  std::size_t workspace() const;

  std::int64_t block_rows() const { return kRows; }

  // Calls sink(place, tile, stride) for every tile of C, on the threads of the pool; the rows of the piece of C that
  // `tile` points to lie `stride` elements apart.
  template <class Sink>
  void for_each_tile(const void* a, const void* b, void* workspace, Sink&& sink) const {
    for_each_place(a, b, workspace, [&](const GemmTile& at, const bf16* packed) {
      alignas(64) T tile[kRows * kCols];
      multiply(at, packed, tile, kCols);
      sink(at, static_cast<const T*>(tile), kCols);
    });
  }

  // Writes C.
  void run(const void* a, const void* b, void* c, void* workspace) const;

 private:
  static constexpr std::int64_t kRows = bf16_units::kSide, kCols = 2 * bf16_units::kSide;
  // Calls make(place, packed operands) for every tile of C, on the threads of the pool.
  template <class Make>
  void for_each_place(const void* a, const void* b, void* workspace, Make&& make) const {
    if (p_.batch * p_.m * p_.n == 0) return;
    auto* const packed = static_cast<bf16*>(workspace);
    pack(static_cast<const bf16*>(a), static_cast<const bf16*>(b), packed);
    parallel_for(p_.batch * row_panels_ * col_tiles_, grain_, [&](std::int64_t begin, std::int64_t end) {
      const bf16_units::Scope scope(kind_);
      for (std::int64_t i = begin; i < end; ++i) make(place(i), packed);
    });
  }
  void pack(const bf16* a, const bf16* b, bf16* workspace) const;
  GemmTile place(std::int64_t index) const;
  // The rows of `tile` lie `stride` apart; of bf16 ones, kCols.
  void multiply(const GemmTile& at, const bf16* packed, T* tile, std::int64_t stride) const;
  std::int64_t left_size() const { return row_panels_ * blocks_ * bf16_units::kBlock; }
  std::int64_t right_size() const { return col_panels_ * blocks_ * bf16_units::kBlock; }

  GemmProblem p_;
  bf16_units::Kind kind_;
  std::int64_t blocks_, row_panels_, col_panels_, col_tiles_;
  std::int64_t group_;  // column tiles whose panels stay in the second-level cache while the rows of A pass by
  std::int64_t grain_;
};

}  // namespace weft::kernels
