// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/cut.h"

#include <algorithm>
#include <utility>

namespace weft::kernels {

namespace {

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// Pieces of equal size, a multiple of `unit` and at most `most`.
std::int64_t piece(std::int64_t whole, std::int64_t most, std::int64_t unit) {
  if (whole <= most) return std::max<std::int64_t>(1, whole);
  return ceil_div(ceil_div(whole, ceil_div(whole, most)), unit) * unit;
}

// Rows that lie a multiple of 2 KiB apart fall on few cache sets: tiles read them a good tenth slower, or a third where
// A is transposed, unless they are copied. Copying pays when so many rows or columns of the result read the copy.
constexpr std::int64_t kReuse = 192;
bool crowded(std::int64_t row, DType dtype) {
  return row > GemmCut::kMaxCols && row * static_cast<std::int64_t>(size_of(dtype)) % 2048 == 0;
}

// Cost of reading B, in elements copied. A transposed B is copied, because the library has no kernel for it.
std::int64_t cost_of_b(const GemmProblem& p) {
  if (p.trans_b) return p.k * p.n;
  return crowded(p.n, p.dtype) ? p.k * p.n * std::min(p.m, kReuse) / kReuse : 0;
}

bool better_swapped(const GemmProblem& p, const GemmProblem& swapped) {
  if (p.n == 1) return p.m > 1;
  // Tiles of fewer columns leave much of a vector register unused.
  return p.m >= 8 && cost_of_b(swapped) + p.m * p.n < cost_of_b(p);
}

bool widens(const GemmProblem& p) { return p.dtype == DType::kBF16 || p.dtype == DType::kF16; }

bool is_swapped(const GemmProblem& p) { return !widens(p) && better_swapped(p, swapped(p)); }

// Small tiles where there would be few, so that all threads get some, but none of less than about two microseconds.
std::int64_t rows_of_tile(const GemmProblem& p, std::int64_t cols) {
  constexpr std::int64_t kEnough = 16, kWorth = 128 * 1024;
  std::int64_t most = GemmCut::kMaxRows;
  for (const std::int64_t less : {32, 16}) {
    const std::int64_t tiles = p.batch * ceil_div(p.m, most) * ceil_div(p.n, cols);
    if (tiles < kEnough && less * cols * p.k >= kWorth) most = less;
  }
  return piece(p.m, most, 8);
}

}  // namespace

GemmProblem swapped(GemmProblem p) {
  std::swap(p.m, p.n);
  p.trans_a = !p.trans_a;
  p.trans_b = !p.trans_b;
  std::swap(p.trans_a, p.trans_b);
  std::swap(p.a_count, p.b_count);
  std::swap(p.a_matrix, p.b_matrix);
  return p;
}

bool takes_dots(const GemmProblem& given) {
  if (widens(given)) return false;
  const GemmProblem p = is_swapped(given) ? swapped(given) : given;
  return p.m < 8 && p.trans_b && (p.m == 1 || !p.trans_a);
}

GemmCut cut_of(const GemmProblem& given, bool dots) {
  GemmCut cut;
  cut.dots = dots;
  cut.swapped = is_swapped(given);
  const GemmProblem p = cut.swapped ? swapped(given) : given;
  cut.pack_a = widens(p) || (p.trans_a && crowded(p.m, p.dtype) && p.n >= kReuse);
  cut.pack_b = !cut.dots && (widens(p) || p.trans_b || (crowded(p.n, p.dtype) && p.m >= kReuse));
  cut.cols = std::min(GemmCut::kMaxCols, std::max<std::int64_t>(1, p.n));
  cut.rows = rows_of_tile(p, cut.cols);
  // Few memory pages at a time where every row of the slice is another one.
  cut.slice = piece(p.k, p.trans_a && !cut.pack_a && crowded(p.m, p.dtype) ? 64 : 256, 16);
  return cut;
}

}  // namespace weft::kernels
