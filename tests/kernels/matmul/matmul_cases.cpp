// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "tests/kernels/support/kernel_cases.h"
#include "tests/kernels/support/oracles.h"

namespace weft::testing {
namespace {

// Element (i, j) of matrix number `matrix`, whichever way round it is stored.
double at(const HostTensor& t, std::int64_t matrix, std::int64_t i, std::int64_t j, bool transposed) {
  const std::int64_t rows = t.spec.shape[-2], cols = t.spec.shape[-1];
  const std::int64_t offset = transposed ? j * cols + i : i * cols + j;
  return t.values[static_cast<std::size_t>(matrix * rows * cols + offset)];
}

// Which matrix of an operand output matrix number `matrix` uses, by coordinates counted from the back.
std::int64_t matrix_of(const Shape& operand, const Shape& out, std::int64_t matrix) {
  std::int64_t result = 0, step = 1;
  for (int back = 3; back <= operand.rank(); ++back) {
    const std::int64_t coordinate = matrix % out[-back];
    matrix /= out[-back];
    result += (operand[-back] == 1 ? 0 : coordinate) * step;
    step *= operand[-back];
  }
  return result;
}

}  // namespace

Oracle matmul_oracle(Shape out, bool trans_a, bool trans_b) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor c{{out, in[0].spec.dtype}, {}};
    const std::int64_t m = out[-2], n = out[-1], k = in[0].spec.shape[trans_a ? -2 : -1];
    const std::int64_t count = m * n == 0 ? 0 : out.numel() / (m * n);
    for (std::int64_t matrix = 0; matrix < count; ++matrix) {
      const std::int64_t a = matrix_of(in[0].spec.shape, out, matrix), b = matrix_of(in[1].spec.shape, out, matrix);
      for (std::int64_t i = 0; i < m; ++i) {
        for (std::int64_t j = 0; j < n; ++j) {
          double sum = 0;
          for (std::int64_t p = 0; p < k; ++p) sum += at(in[0], a, i, p, trans_a) * at(in[1], b, p, j, trans_b);
          c.values.push_back(sum);
        }
      }
    }
    return {c};
  };
}

namespace {

OpCase row(std::string name, Shape a, Shape b, Shape out, bool trans_a, bool trans_b, bool gradient) {
  OpCase c;
  c.name = std::move(name);
  c.op = "matmul";
  c.attributes = {{"trans_a", trans_a}, {"trans_b", trans_b}};
  c.inputs = {random_tensor(a, DType::kF32, -1, 1, 1), random_tensor(b, DType::kF32, -1, 1, 2)};
  c.oracle = matmul_oracle(out, trans_a, trans_b);
  c.tolerance = 4e-6;
  c.reason = "up to 37 products below 1 are added in f32, in the library's order";
  c.gradient = gradient;
  return c;
}

// All four ways to store the operands of an (m, k) by (k, n) product.
void put_flags(std::vector<OpCase>& rows, const std::string& name, std::int64_t m, std::int64_t k, std::int64_t n,
               bool gradient = false) {
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      const std::string flags = std::string(ta ? " At" : " A") + (tb ? " Bt" : " B");
      rows.push_back(
          row(name + flags, ta ? Shape{k, m} : Shape{m, k}, tb ? Shape{n, k} : Shape{k, n}, {m, n}, ta, tb, gradient));
    }
  }
}

// Sums of 1100 terms wander up to 20, and every partial sum is rounded: sqrt(1100) * 20 * 2^-24 = 4e-5.
OpCase long_row(std::string name, Shape a, Shape b, bool trans_a) {
  OpCase c = row(std::move(name), a, b, {5, 7}, trans_a, false, false);
  c.tolerance = 4e-5;
  c.reason = "1100 rounded partial sums";
  return c;
}

// Halves whose products are given in f32, as they were added up.
OpCase wide_row(std::string name, Shape a, Shape b, Shape out, bool trans_a, bool trans_b) {
  OpCase c = row(std::move(name), a, b, out, trans_a, trans_b, false);
  c.attributes.set("dtype", DType::kF32);
  c.dtypes = {DType::kBF16, DType::kF16, DType::kF32};
  const Oracle exact = c.oracle;
  c.oracle = [exact](const std::vector<HostTensor>& in) {
    std::vector<HostTensor> result = exact(in);
    result[0].spec.dtype = DType::kF32;
    return result;
  };
  return c;
}

// Every way that the CPU lays out and cuts a product; up to 600 terms of up to 20 together.
OpCase cut_row(std::string name, std::int64_t m, std::int64_t k, std::int64_t n, bool ta, bool tb) {
  OpCase c =
      row(std::move(name), ta ? Shape{k, m} : Shape{m, k}, tb ? Shape{n, k} : Shape{k, n}, {m, n}, ta, tb, false);
  c.tolerance = 3e-5;
  c.reason = "600 rounded partial sums";
  c.dtypes = {DType::kF32, DType::kBF16};
  return c;
}

std::vector<OpCase> cut_rows() {
  return {cut_row("few rows by a transposed matrix", 3, 77, 71, false, true),
          cut_row("few columns of two transposed matrices", 3, 77, 71, true, true),
          cut_row("matrix by column", 131, 77, 1, false, false),
          cut_row("matrix by column At", 131, 77, 1, true, false),
          cut_row("number by number", 1, 19, 1, false, false),
          cut_row("transposed matrix is the larger one", 70, 300, 161, false, true),
          cut_row("transposed matrices, the second larger", 21, 90, 161, true, true),
          cut_row("several slices", 50, 600, 67, false, false),
          cut_row("several slices At", 50, 600, 67, true, false),
          cut_row("rows of a larger B 2 KiB apart", 16, 512, 512, false, false),
          cut_row("rows of A 2 KiB apart At", 512, 5, 193, true, false),
          cut_row("outer product", 131, 1, 197, true, false)};
}

OpCase special_values() {
  OpCase c = row("nan and infinity reach their row and column only", {3, 2}, {2, 4}, {3, 4}, false, false, false);
  c.inputs[0].values[0] = std::numeric_limits<double>::quiet_NaN();
  c.inputs[1].values[7] = std::numeric_limits<double>::infinity();
  return c;
}

}  // namespace

std::vector<OpCase> matmul_cases() {
  std::vector<OpCase> rows;
  put_flags(rows, "small", 3, 5, 4, true);
  put_flags(rows, "one", 1, 1, 1, true);
  put_flags(rows, "prime, beyond a tile", 53, 37, 67);
  put_flags(rows, "tile edges", 49, 17, 129);
  put_flags(rows, "no inner elements", 2, 0, 3);
  // Sizes by which an axis could be taken for another.
  put_flags(rows, "square", 6, 6, 6);
  rows.push_back(row("one by batch, equal sizes", {4, 4}, {4, 4, 3}, {4, 4, 3}, false, false, false));
  rows.push_back(long_row("long inner axis", {5, 1100}, {1100, 7}, false));
  rows.push_back(long_row("long inner axis At", {1100, 5}, {1100, 7}, true));
  put_flags(rows, "rows of B 2 KiB apart", 193, 3, 512);
  rows.push_back(row("batch by one, rows of B 2 KiB apart", {2, 193, 3}, {3, 512}, {2, 193, 512}, false, false, false));
  rows.push_back(row("row by matrix", {1, 65}, {65, 33}, {1, 33}, false, false, false));
  rows.push_back(row("empty batch of rows", {0, 4}, {4, 3}, {0, 3}, false, false, false));
  rows.push_back(row("no columns", {2, 4}, {4, 0}, {2, 0}, false, false, false));
  rows.push_back(row("no matrices", {0, 2, 4}, {0, 4, 3}, {0, 2, 3}, false, false, false));
  rows.push_back(row("batch", {3, 4, 5}, {3, 5, 2}, {3, 4, 2}, false, false, true));
  rows.push_back(row("batch by one", {3, 4, 5}, {5, 2}, {3, 4, 2}, false, false, true));
  rows.push_back(row("one by batch, B transposed", {4, 5}, {3, 2, 5}, {3, 4, 2}, false, true, true));
  rows.push_back(row("crossed batch", {2, 1, 3, 4}, {1, 3, 4, 2}, {2, 3, 3, 2}, false, false, true));
  rows.push_back(row("crossed batch At", {2, 1, 4, 3}, {3, 4, 2}, {2, 3, 3, 2}, true, false, false));
  rows.push_back(wide_row("halves into f32", {53, 37}, {37, 67}, {53, 67}, false, false));
  rows.push_back(wide_row("halves into f32 At Bt", {37, 53}, {67, 37}, {53, 67}, true, true));
  rows.push_back(wide_row("halves into f32, batch by one", {3, 4, 5}, {5, 2}, {3, 4, 2}, false, false));
  rows.push_back(wide_row("halves into f32, no inner elements", {2, 0}, {0, 3}, {2, 3}, false, false));
  for (OpCase& c : cut_rows()) rows.push_back(std::move(c));
  rows.push_back(special_values());
  return rows;
}

}  // namespace weft::testing
