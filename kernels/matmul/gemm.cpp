// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/gemm.h"

#include <algorithm>
#include <cstring>

#include "kernels/common/workspace.h"
#include "kernels/matmul/dots.h"
#include "kernels/matmul/pack.h"

namespace weft::kernels {

namespace {

// Multiply-adds and elements copied that are worth a thread's attention.
constexpr std::int64_t kGrain = 64 * 1024, kCopyGrain = 32 * 1024;
// Multiply-adds below which a product stays on the calling thread: about 20 us.
constexpr std::int64_t kAlone = 1024 * 1024;
// Elements from which several threads copy, if several multiply. A thread then finds its copy in its own cache, because
// fetching from another core's takes longer than copying.
constexpr std::int64_t kAloneCopy = 8 * 1024;
// Multiply-adds that take as long as one which reads its element of B from memory.
constexpr std::int64_t kDotCost = 4;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

template <class T, class O>
CpuGemm<T, O>::CpuGemm(const GemmProblem& problem, GemmCut cut, GemmInto into) : cut_(cut) {
  p_ = cut_.swapped ? swapped(problem) : problem;
  transposed_a_ = p_.trans_a && !cut_.pack_a;
  row_tiles_ = ceil_div(p_.m, cut_.rows);
  col_tiles_ = ceil_div(p_.n, cut_.cols);
  const std::int64_t cost = cut_.dots ? kDotCost : 1;
  const std::int64_t tile_work = std::max<std::int64_t>(1, cut_.rows * cut_.cols * p_.k * cost);
  alone_ = p_.batch * p_.m * p_.n * p_.k * cost < kAlone;
  grain_ = std::max<std::int64_t>(1, alone_ ? tiles() : kGrain / tile_work);
  direct_ = into == GemmInto::kMatrix && !kRounds && (cut_.dots || p_.k <= cut_.slice) && (!cut_.swapped || p_.m == 1);
  ldc_ = direct_ ? p_.n : GemmCut::kMaxCols;
  if (tiles() > 0 && p_.k > 0 && !cut_.dots) make_kernels();
}

template <class T, class O>
std::size_t CpuGemm<T, O>::packed_a() const {
  return cut_.pack_a ? padded(static_cast<std::size_t>(p_.a_count * p_.m * p_.k) * sizeof(A)) : 0;
}
template <class T, class O>
std::size_t CpuGemm<T, O>::packed_b() const {
  return cut_.pack_b ? padded(static_cast<std::size_t>(p_.b_count * size_of_b()) * sizeof(A)) : 0;
}
template <class T, class O>
std::size_t CpuGemm<T, O>::workspace() const {
  return packed_a() + packed_b();
}

template <class T, class O>
void CpuGemm<T, O>::make_kernels() {
  // The size of piece `last` or before it; 0 where there is no such piece.
  const auto size = [](std::int64_t whole, std::int64_t piece, bool last) {
    return last ? whole - (ceil_div(whole, piece) - 1) * piece : whole > piece ? piece : 0;
  };
  for (int which = 0; which < 16; ++which) {
    const bool last_row = which & 1, last_col = which & 2, last_slice = which & 4, accumulate = which & 8;
    const std::int64_t m = size(p_.m, cut_.rows, last_row), n = size(p_.n, cut_.cols, last_col);
    const std::int64_t k = size(p_.k, cut_.slice, last_slice);
    if (m <= 0 || n <= 0 || k <= 0 || (accumulate && p_.k <= cut_.slice)) continue;
    kernels_[last_row][last_col][last_slice][accumulate] = TileKernel<A>(
        {m, n, k, transposed_a_ ? p_.m : p_.k, cut_.pack_b ? cut_.cols : p_.n, ldc_, transposed_a_, accumulate});
  }
}

template <class T, class O>
typename CpuGemm<T, O>::Factors CpuGemm<T, O>::ready(const void* a, const void* b, void* workspace) const {
  if (cut_.swapped) std::swap(a, b);
  if (p_.k == 0 || tiles() == 0) return {static_cast<const A*>(a), static_cast<const A*>(b)};
  if (cut_.pack_a) {
    auto* to = static_cast<A*>(workspace);
    pack(static_cast<const T*>(a), to, p_.a_count, p_.m, p_.k, p_.trans_a, p_.k);
    a = to;
  }
  if (cut_.pack_b) {
    auto* to = reinterpret_cast<A*>(static_cast<char*>(workspace) + packed_a());
    pack(static_cast<const T*>(b), to, p_.b_count, p_.k, p_.n, p_.trans_b, cut_.cols);
    b = to;
  }
  return {static_cast<const A*>(a), static_cast<const A*>(b)};
}

// Makes `count` matrices of (rows, cols) in A, cut into panels of `panel` columns, from matrices in T that may be
// stored transposed.
template <class T, class O>
void CpuGemm<T, O>::pack(const T* from, A* to, std::int64_t count, std::int64_t rows, std::int64_t cols,
                         bool transposed, std::int64_t panel) const {
  const std::int64_t some = std::max<std::int64_t>(16, kCopyGrain / panel / 16 * 16);
  const std::int64_t pieces = ceil_div(rows, some), panels = ceil_div(cols, panel), all = count * panels * pieces;
  parallel_for(all, alone_ || count * rows * cols < kAloneCopy ? all : 1, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t row = i % pieces * some, n = std::min(some, rows - row);
      const std::int64_t column = i / pieces % panels * panel, width = std::min(panel, cols - column);
      const T* matrix = from + i / pieces / panels * rows * cols;
      A* packed = to + i / pieces * rows * panel + row * panel;
      if (transposed) {
        transpose(matrix + column * rows + row, rows, width, n, packed, panel);
      } else {
        copy_rows(matrix + row * cols + column, cols, n, width, packed, panel);
      }
    }
  });
}

// Tiles that follow one another read the same columns of B.
template <class T, class O>
typename CpuGemm<T, O>::Tile CpuGemm<T, O>::tile_at(std::int64_t index) const {
  const std::int64_t per_matrix = row_tiles_ * col_tiles_;
  const std::int64_t row = index % row_tiles_ * cut_.rows, col = index % per_matrix / row_tiles_ * cut_.cols;
  return {index / per_matrix, row, col, std::min(cut_.rows, p_.m - row), std::min(cut_.cols, p_.n - col)};
}

template <class T, class O>
GemmTile CpuGemm<T, O>::place(std::int64_t index) const {
  const Tile t = tile_at(index);
  if (cut_.swapped) return {t.matrix, t.col, t.row, t.cols, t.rows};
  return {t.matrix, t.row, t.col, t.rows, t.cols};
}

template <class T, class O>
void CpuGemm<T, O>::multiply(const Tile& t, const Factors& factors, A* sum) const {
  if (p_.k == 0) {
    for (std::int64_t i = 0; i < t.rows; ++i) std::fill_n(sum + i * ldc_, t.cols, A{0});
    return;
  }
  const std::int64_t piece = cut_.dots ? kLongestSum : kLongestSum / cut_.slice * cut_.slice;
  if (p_.k <= piece) return multiply_part(t, factors, 0, p_.k, sum);
  // The pieces come into `sum` one by one and are added up beside it.
  double total[GemmCut::kMaxRows * GemmCut::kMaxCols] = {};
  for (std::int64_t k = 0; k < p_.k; k += piece) {
    multiply_part(t, factors, k, std::min(p_.k, k + piece), sum);
    for (std::int64_t i = 0; i < t.rows; ++i)
      for (std::int64_t j = 0; j < t.cols; ++j)
        total[i * GemmCut::kMaxCols + j] += static_cast<double>(sum[i * ldc_ + j]);
  }
  for (std::int64_t i = 0; i < t.rows; ++i)
    for (std::int64_t j = 0; j < t.cols; ++j) sum[i * ldc_ + j] = static_cast<A>(total[i * GemmCut::kMaxCols + j]);
}

template <class T, class O>
void CpuGemm<T, O>::multiply_part(const Tile& t, const Factors& factors, std::int64_t begin, std::int64_t end,
                                  A* sum) const {
  const auto index = static_cast<std::size_t>(t.matrix);
  const A* a = factors.a + p_.a_matrix[index] * p_.m * p_.k + (transposed_a_ ? t.row : t.row * p_.k);
  const A* b = factors.b + p_.b_matrix[index] * size_of_b();
  if (cut_.dots) {
    for (std::int64_t i = 0; i < t.rows; ++i)
      dots(a + i * p_.k + begin, b + t.col * p_.k + begin, p_.k, t.cols, end - begin, sum + i * ldc_);
    return;
  }
  b += cut_.pack_b ? t.col * p_.k : t.col;
  const std::int64_t step_a = transposed_a_ ? p_.m : 1, step_b = cut_.pack_b ? cut_.cols : p_.n;
  const auto& kernels = kernels_[t.row + cut_.rows >= p_.m][t.col + cut_.cols >= p_.n];
  for (std::int64_t k = begin; k < end; k += cut_.slice) {
    kernels[k + cut_.slice >= p_.k][k > begin](a + k * step_a, b + k * step_b, sum);
  }
}

template <class T, class O>
std::int64_t CpuGemm<T, O>::make_tile(std::int64_t index, const Factors& factors, O* tile) const {
  const Tile t = tile_at(index);
  if constexpr (kRounds) {
    alignas(64) A sum[GemmCut::kMaxRows * GemmCut::kMaxCols];
    multiply(t, factors, sum);
    for (std::int64_t i = 0; i < t.rows * GemmCut::kMaxCols; ++i) tile[i] = static_cast<O>(sum[i]);
  } else if (cut_.swapped) {
    alignas(64) A sum[GemmCut::kMaxRows * GemmCut::kMaxCols];
    multiply(t, factors, sum);
    transpose(sum, ldc_, t.rows, t.cols, tile, GemmCut::kMaxRows);
    return GemmCut::kMaxRows;
  } else {
    multiply(t, factors, tile);
  }
  return ldc_;
}

template <class T, class O>
void CpuGemm<T, O>::run(const void* a, const void* b, void* c, void* workspace) const {
  auto* out = static_cast<O*>(c);
  const std::int64_t columns = cut_.swapped ? p_.m : p_.n;
  if constexpr (!kRounds) {
    if (direct_) {
      const Factors factors = ready(a, b, workspace);
      parallel_for(tiles(), grain_, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const Tile t = tile_at(i);
          multiply(t, factors, out + (t.matrix * p_.m + t.row) * p_.n + t.col);
        }
      });
      return;
    }
  }
  for_each_tile(a, b, workspace, [&](const GemmTile& at, const O* tile, std::int64_t stride) {
    const std::int64_t rows = cut_.swapped ? p_.n : p_.m;
    O* to = out + (at.matrix * rows + at.row) * columns + at.col;
    for (std::int64_t i = 0; i < at.rows; ++i) std::copy_n(tile + i * stride, at.cols, to + i * columns);
  });
}

template class CpuGemm<float>;
template class CpuGemm<double>;
template class CpuGemm<bf16>;
template class CpuGemm<f16>;
template class CpuGemm<bf16, float>;
template class CpuGemm<f16, float>;

}  // namespace weft::kernels
