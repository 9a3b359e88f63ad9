// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/device/thread_pool.h"
#include "kernels/common/float_types.h"
#include "kernels/matmul/cut.h"
#include "kernels/matmul/problem.h"
#include "kernels/matmul/tile.h"

namespace weft::kernels {

// Part of one matrix of C.
struct GemmTile {
  std::int64_t matrix = 0, row = 0, col = 0, rows = 0, cols = 0;
};

// Function that a product is made for: run() writes the matrix, for_each_tile() gives tiles.
enum class GemmInto : std::uint8_t { kMatrix, kTiles };

// A product on the CPU, made tile by tile, so that more can be done with a tile while it is in cache. T is how the
// operands are stored, O how C is; sums are made in Compute<T>.
template <class T, class O = T>
class CpuGemm {
  using A = Compute<T>;
  static constexpr bool kRounds = !std::is_same_v<O, A>;

 public:
  // A product is made ready for run() or for for_each_tile().
  CpuGemm(const GemmProblem& problem, GemmCut cut, GemmInto into);

  // Bytes for the packed operands.
  std::size_t workspace() const;
  // Tiles cover whole blocks of rows: block place.row / block_rows().
  std::int64_t block_rows() const { return cut_.swapped ? cut_.cols : cut_.rows; }

  // Writes C.
  void run(const void* a, const void* b, void* c, void* workspace) const;

  // Calls sink(place, tile, stride) for every tile of C, on the threads of the pool: `tile` points to that piece of C,
  // its rows `stride` elements apart.
  template <class Sink>
  void for_each_tile(const void* a, const void* b, void* workspace, Sink&& sink) const {
    const Factors factors = ready(a, b, workspace);
    parallel_for(tiles(), grain_, [&](std::int64_t begin, std::int64_t end) {
      alignas(64) O tile[GemmCut::kMaxRows * GemmCut::kMaxCols];
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t stride = make_tile(i, factors, tile);
        sink(place(i), static_cast<const O*>(tile), stride);
      }
    });
  }

 private:
  struct Factors {
    const A *a, *b;
  };
  // Part of the product as it is computed.
  struct Tile {
    std::int64_t matrix, row, col, rows, cols;
  };

  std::int64_t tiles() const { return p_.batch * row_tiles_ * col_tiles_; }
  std::int64_t size_of_b() const { return p_.k * (cut_.pack_b ? col_tiles_ * cut_.cols : p_.n); }
  std::size_t packed_a() const;
  std::size_t packed_b() const;
  void make_kernels();
  Factors ready(const void* a, const void* b, void* workspace) const;
  void pack(const T* from, A* to, std::int64_t count, std::int64_t rows, std::int64_t cols, bool transposed,
            std::int64_t panel) const;
  Tile tile_at(std::int64_t index) const;
  GemmTile place(std::int64_t index) const;
  // The rows of `sum` lie ldc_ apart.
  void multiply(const Tile& tile, const Factors& factors, A* sum) const;
  // Sum over [begin, end) of k, which begins and ends between slices.
  void multiply_part(const Tile& tile, const Factors& factors, std::int64_t begin, std::int64_t end, A* sum) const;
  std::int64_t make_tile(std::int64_t index, const Factors& factors, O* tile) const;

  GemmProblem p_;  // as computed
  GemmCut cut_;
  std::int64_t row_tiles_ = 0, col_tiles_ = 0, grain_ = 1, ldc_ = 0;
  bool transposed_a_ = false;          // as the kernels see A
  bool alone_ = false;                 // one thread does it all
  bool direct_ = false;                // tiles are made in C's memory
  TileKernel<A> kernels_[2][2][2][2];  // for a last row, a last column, a last slice, and for adding to what is there
};

}  // namespace weft::kernels
