// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/bf16_gemm.h"

#include <utility>

namespace weft::kernels {

namespace units = bf16_units;

namespace {

// Bytes of packed B that are used again and again, and multiply-adds and blocks that are worth a thread's attention.
constexpr std::int64_t kGroupBytes = 768 * 1024, kGrain = 4 * 1024 * 1024, kPackGrain = 16;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

Bf16Gemm::Bf16Gemm(GemmProblem problem, units::Kind kind)
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

std::size_t Bf16Gemm::workspace() const {
  return static_cast<std::size_t>(p_.a_count * left_size() + p_.b_count * right_size()) * sizeof(bf16);
}

void Bf16Gemm::pack(const bf16* a, const bf16* b, bf16* workspace) const {
  const std::int64_t left = p_.a_count * row_panels_ * blocks_, right = p_.b_count * col_panels_ * blocks_;
  parallel_for(left + right, kPackGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      bf16* to = workspace + i * units::kBlock;
      const std::int64_t j = i - left, k = (i < left ? i : j) % blocks_ * units::kDepth;
      if (i < left) {
        const std::int64_t panel = i / blocks_, rows = p_.trans_a ? p_.k : p_.m, cols = p_.trans_a ? p_.m : p_.k;
        const units::Stored m{a + panel / row_panels_ * rows * cols, rows, cols, cols};
        units::pack_left(m, p_.trans_a, panel % row_panels_ * kRows, k, to);
      } else {
        const std::int64_t panel = j / blocks_, rows = p_.trans_b ? p_.n : p_.k, cols = p_.trans_b ? p_.k : p_.n;
        const units::Stored m{b + panel / col_panels_ * rows * cols, rows, cols, cols};
        units::pack_right(m, p_.trans_b, k, panel % col_panels_ * units::kSide, to);
      }
    }
  });
}

// Groups of column tiles, in them panels of rows, in those the group's tiles.
Bf16Gemm::Window Bf16Gemm::window(std::int64_t index) const {
  const std::int64_t per_matrix = row_panels_ * col_tiles_, in_matrix = index % per_matrix;
  const std::int64_t first = in_matrix / (group_ * row_panels_) * group_, width = std::min(group_, col_tiles_ - first);
  const std::int64_t in_group = in_matrix - first * row_panels_;
  const std::int64_t row = in_group / width * kRows, col = (first + in_group % width) * kCols;
  return {index / per_matrix, row, col, std::min(kRows, p_.m - row), std::min(kCols, p_.n - col)};
}

void Bf16Gemm::multiply(const Window& w, const bf16* packed, float* tile) const {
  const std::int64_t panel = blocks_ * units::kBlock;
  const auto matrix = static_cast<std::size_t>(w.matrix);
  const bf16* left = packed + p_.a_matrix[matrix] * left_size() + w.row / units::kSide * panel;
  const bf16* right = packed + p_.a_count * left_size() + p_.b_matrix[matrix] * right_size();
  right += w.col / units::kSide * panel;
  units::multiply(kind_, left, right, blocks_, w.rows, tile, kCols);
  if (w.cols > units::kSide) units::multiply(kind_, left, right + panel, blocks_, w.rows, tile + units::kSide, kCols);
}

void Bf16Gemm::run(const void* a, const void* b, float* c, void* workspace) const {
  for_each_tile(a, b, workspace, [&](const Window& w, const float* tile) {
    float* to = c + (w.matrix * p_.m + w.row) * p_.n + w.col;
    for (std::int64_t i = 0; i < w.rows; ++i) std::copy_n(tile + i * kCols, w.cols, to + i * p_.n);
  });
}

void Bf16Gemm::run(const void* a, const void* b, bf16* c, void* workspace) const {
  for_each_tile(a, b, workspace, [&](const Window& w, const float* tile) {
    alignas(64) bf16 rounded[kRows * kCols];
    units::round(tile, w.rows * kCols, rounded);
    bf16* to = c + (w.matrix * p_.m + w.row) * p_.n + w.col;
    for (std::int64_t i = 0; i < w.rows; ++i) std::copy_n(rounded + i * kCols, w.cols, to + i * p_.n);
  });
}

}  // namespace weft::kernels
