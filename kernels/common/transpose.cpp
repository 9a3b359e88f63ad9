// SPDX-License-Identifier: Apache-2.0
#include "kernels/common/transpose.h"

#include <cstring>

#include "core/device/cpu/machine.h"

namespace weft::kernels {

namespace {

void transpose_one_by_one(const float* from, std::int64_t from_step, std::int64_t rows, std::int64_t cols, float* to,
                          std::int64_t to_step) {
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < cols; ++c) to[c * to_step + r] = from[r * from_step + c];
  }
}

// One load or store per row instead of one per element.
void transpose_4x4(const float* from, std::int64_t from_step, float* to, std::int64_t to_step) {
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

#if defined(__x86_64__)

using Sixteen = float __attribute__((vector_size(64)));

// Neighboring rows change places in pairs and fours within each quarter of a register, then the quarters do.
[[gnu::target("avx512f")]] void transpose_16x16(const float* from, std::int64_t from_step, float* to,
                                                std::int64_t to_step) {
  Sixteen r[16], t[16];
  for (std::int64_t i = 0; i < 16; ++i) std::memcpy(&r[i], from + i * from_step, sizeof(Sixteen));
  for (int i = 0; i < 16; i += 2) {
    t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
  }
  for (int i = 0; i < 16; i += 4) {
    for (int c = 0; c < 2; ++c) {
      const Sixteen a = t[i + c], b = t[i + c + 2];
      r[i + 2 * c] = __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
      r[i + 2 * c + 1] = __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    }
  }
  for (int i = 0; i < 16; i += 8) {
    for (int c = i; c < i + 4; ++c) {
      t[c] = __builtin_shufflevector(r[c], r[c + 4], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
      t[c + 4] = __builtin_shufflevector(r[c], r[c + 4], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
    }
  }
  for (int c = 0; c < 8; ++c) {
    r[c] = __builtin_shufflevector(t[c], t[c + 8], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
    r[c + 8] = __builtin_shufflevector(t[c], t[c + 8], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  }
  for (std::int64_t i = 0; i < 16; ++i) std::memcpy(to + i * to_step, &r[i], sizeof(Sixteen));
}

#endif

using Transpose = void(const float* from, std::int64_t from_step, std::int64_t rows, std::int64_t cols, float* to,
                       std::int64_t to_step);

// Transposes by square blocks, and what is left at the end of rows and columns by `rest`.
template <std::int64_t size, Transpose rest, class Block>
void by_blocks(const Block& block, const float* from, std::int64_t from_step, std::int64_t rows, std::int64_t cols,
               float* to, std::int64_t to_step) {
  const std::int64_t whole_rows = rows / size * size, whole_cols = cols / size * size;
  for (std::int64_t c = 0; c < whole_cols; c += size)
    for (std::int64_t r = 0; r < whole_rows; r += size)
      block(from + r * from_step + c, from_step, to + c * to_step + r, to_step);
  if (whole_cols < cols)
    rest(from + whole_cols, from_step, whole_rows, cols - whole_cols, to + whole_cols * to_step, to_step);
  if (whole_rows < rows)
    rest(from + whole_rows * from_step, from_step, rows - whole_rows, cols, to + whole_rows, to_step);
}

void transpose_by_4x4(const float* from, std::int64_t from_step, std::int64_t rows, std::int64_t cols, float* to,
                      std::int64_t to_step) {
  by_blocks<4, transpose_one_by_one>(transpose_4x4, from, from_step, rows, cols, to, to_step);
}

}  // namespace

void transpose(const float* from, std::int64_t from_step, std::int64_t rows, std::int64_t cols, float* to,
               std::int64_t to_step) {
#if defined(__x86_64__)
  if (cpu::isa() == cpu::Isa::kAvx512)
    return by_blocks<16, transpose_by_4x4>(transpose_16x16, from, from_step, rows, cols, to, to_step);
#endif
  transpose_by_4x4(from, from_step, rows, cols, to, to_step);
}

}  // namespace weft::kernels
