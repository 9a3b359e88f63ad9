// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/bf16_gemm.h"

#include <array>
#include <type_traits>
#include <utility>

namespace weft::kernels {

namespace units = bf16_units;

namespace {

// Bytes of packed B that are used again and again, and multiply-adds and blocks that are worth a thread's attention.
constexpr std::int64_t kGroupBytes = 768 * 1024, kGrain = 16 * 1024 * 1024, kPackGrain = 32;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

template <class T>
Bf16Gemm<T>::Bf16Gemm(GemmProblem problem, units::Kind kind)
    : p_(std::move(problem)),
      kind_(kind),
      blocks_(ceil_div(p_.k, units::kDepth)),
      row_panels_(ceil_div(p_.m, kRows)),
      col_panels_(ceil_div(p_.n, units::kSide)),
      col_tiles_(ceil_div(p_.n, kCols)) {
  const std::int64_t tile_bytes = 2 * blocks_ * units::kBlock * static_cast<std::int64_t>(sizeof(bf16));
  group_ = std::clamp<std::int64_t>(kGroupBytes / std::max<std::int64_t>(1, tile_bytes), 1, col_tiles_ + 1);
  grain_ = ceil_div(kGrain, kRows * kCols * std::max<std::int64_t>(1, p_.k));
}

template <class T>
std::size_t Bf16Gemm<T>::workspace() const {
  return static_cast<std::size_t>(p_.a_count * left_size() + p_.b_count * right_size()) * sizeof(bf16);
}

template <class T>
void Bf16Gemm<T>::pack(const bf16* a, const bf16* b, bf16* workspace) const {
  const std::int64_t left = p_.a_count * row_panels_ * blocks_, right = p_.b_count * col_panels_ * blocks_;
  // Neighbors in memory come one after the other: blocks along k, or panels where k leads from row to row.
  const auto place = [&](std::int64_t i, std::int64_t panels, bool along_k) -> std::array<std::int64_t, 3> {
    const std::int64_t matrix = i / (panels * blocks_), rest = i % (panels * blocks_);
    if (along_k) return {matrix, rest / blocks_, rest % blocks_};
    return {matrix, rest % panels, rest / panels};
  };
  parallel_for(left + right, kPackGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      if (i < left) {
        const auto [matrix, panel, block] = place(i, row_panels_, !p_.trans_a);
        const std::int64_t rows = p_.trans_a ? p_.k : p_.m, cols = p_.trans_a ? p_.m : p_.k;
        bf16* to = workspace + ((matrix * row_panels_ + panel) * blocks_ + block) * units::kBlock;
        units::pack_left({a + matrix * rows * cols, rows, cols, cols}, p_.trans_a, panel * kRows, block * units::kDepth,
                         to);
      } else {
        const auto [matrix, panel, block] = place(i - left, col_panels_, p_.trans_b);
        const std::int64_t rows = p_.trans_b ? p_.n : p_.k, cols = p_.trans_b ? p_.k : p_.n;
        bf16* to = workspace + (left + (matrix * col_panels_ + panel) * blocks_ + block) * units::kBlock;
        units::pack_right({b + matrix * rows * cols, rows, cols, cols}, p_.trans_b, block * units::kDepth,
                          panel * units::kSide, to);
      }
    }
  });
}

// Groups of column tiles, in them panels of rows, in those the group's tiles.
template <class T>
GemmTile Bf16Gemm<T>::place(std::int64_t index) const {
  const std::int64_t per_matrix = row_panels_ * col_tiles_, in_matrix = index % per_matrix;
  const std::int64_t first = in_matrix / (group_ * row_panels_) * group_, width = std::min(group_, col_tiles_ - first);
  const std::int64_t in_group = in_matrix - first * row_panels_;
  const std::int64_t row = in_group / width * kRows, col = (first + in_group % width) * kCols;
  return {index / per_matrix, row, col, std::min(kRows, p_.m - row), std::min(kCols, p_.n - col)};
}

template <class T>
void Bf16Gemm<T>::multiply(const GemmTile& at, const bf16* packed, T* tile, std::int64_t stride) const {
  const std::int64_t panel = blocks_ * units::kBlock;
  const auto matrix = static_cast<std::size_t>(at.matrix);
  const bf16* left = packed + p_.a_matrix[matrix] * left_size() + at.row / units::kSide * panel;
  const bf16* right = packed + p_.a_count * left_size() + p_.b_matrix[matrix] * right_size();
  right += at.col / units::kSide * panel;
  const auto part = [&](std::int64_t first, std::int64_t blocks, float* to, std::int64_t step) {
    const bf16 *a = left + first * units::kBlock, *b = right + first * units::kBlock;
    units::multiply(kind_, a, b, blocks, at.rows, to, step);
    if (at.cols > units::kSide) units::multiply(kind_, a, b + panel, blocks, at.rows, to + units::kSide, step);
  };
  const auto sums = [&](float* to, std::int64_t step) {
    constexpr std::int64_t kPiece = kLongestSum / units::kDepth;
    if (blocks_ <= kPiece) return part(0, blocks_, to, step);
    double total[kRows * kCols] = {};
    for (std::int64_t first = 0; first < blocks_; first += kPiece) {
      part(first, std::min(kPiece, blocks_ - first), to, step);
      for (std::int64_t i = 0; i < at.rows; ++i)
        for (std::int64_t j = 0; j < at.cols; ++j) total[i * kCols + j] += static_cast<double>(to[i * step + j]);
    }
    for (std::int64_t i = 0; i < at.rows; ++i)
      for (std::int64_t j = 0; j < at.cols; ++j) to[i * step + j] = static_cast<float>(total[i * kCols + j]);
  };
  if constexpr (std::is_same_v<T, float>) {
    sums(tile, stride);
  } else {
    alignas(64) float wide[kRows * kCols];
    sums(wide, kCols);
    units::round(wide, at.rows * kCols, tile);
  }
}

template <class T>
void Bf16Gemm<T>::run(const void* a, const void* b, void* c, void* workspace) const {
  for_each_place(a, b, workspace, [&](const GemmTile& at, const bf16* packed) {
    T* to = static_cast<T*>(c) + (at.matrix * p_.m + at.row) * p_.n + at.col;
    // A whole tile of f32 is made where it belongs.
    if (std::is_same_v<T, float> && at.rows == kRows && at.cols == kCols) return multiply(at, packed, to, p_.n);
    alignas(64) T tile[kRows * kCols];
    multiply(at, packed, tile, kCols);
    for (std::int64_t i = 0; i < at.rows; ++i) std::copy_n(tile + i * kCols, at.cols, to + i * p_.n);
  });
}

template class Bf16Gemm<float>;
template class Bf16Gemm<bf16>;

}  // namespace weft::kernels
