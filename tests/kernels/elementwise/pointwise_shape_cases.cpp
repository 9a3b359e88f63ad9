// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "tests/kernels/elementwise/pointwise_cases.h"

namespace weft::testing {
namespace {

HostTensor floats(const Shape& shape, std::uint64_t seed) { return random_tensor(shape, DType::kF32, -5, 5, seed); }

// subtract tells its operands apart.
void put_pair(std::vector<OpCase>& rows, const std::string& name, const Shape& a, const Shape& b) {
  OpCase c = function_case(Fn::kSubtract, name + " " + a.text() + " " + b.text(), {floats(a, 1), floats(b, 2)});
  c.gradient = broadcast(a, b, "case").numel() <= 100;
  rows.push_back(c);
}

void put_select(std::vector<OpCase>& rows, const Shape& condition, const Shape& a, const Shape& b) {
  OpCase c = function_case(Fn::kWhere, "broadcast " + condition.text() + " " + a.text() + " " + b.text(),
                           {random_tensor(condition, DType::kBool, 0, 2, 3), floats(a, 1), floats(b, 2)});
  c.gradient = broadcast(condition, broadcast(a, b, "case"), "case").numel() <= 100;
  rows.push_back(c);
}

// The rule of `cast`, in words: truncate, then stop at the ends; low bits of integers; anything but 0 is true.
double cast_oracle(double x, DType from, DType to) {
  if (is_floating(to)) return x;
  if (to == DType::kBool) return x == 0 ? 0 : 1;
  const double lo = to == DType::kU8 ? 0 : to == DType::kI32 ? -0x1p31 : -0x1p63;
  const double span = to == DType::kU8 ? 256 : to == DType::kI32 ? 0x1p32 : 0x1p64;
  if (is_floating(from)) return std::isnan(x) ? 0 : std::fmax(lo, std::fmin(lo + span - 1, std::trunc(x)));
  while (x < lo) x += span;
  while (x >= lo + span) x -= span;
  return x;
}

OpCase cast_case(DType from, DType to) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  std::vector<double> values;
  if (from == DType::kBool) {
    values = {0, 1, 1, 0, 1};
  } else if (from == DType::kU8) {
    values = {0, 1, 7, 128, 255};
  } else if (!is_floating(from)) {
    values = {0, 1, -1, 7, 127, 128, 255, 256, -300, 65504, -2147483648.0, 2147483647};
  } else {
    values = {0, -0.0, 0.3, -0.7, 1.5, 2.5, -1.5, 255.9, 256.2, -3.1, 300, 65504, 1e-7, kInf, -kInf, std::nan("")};
    if (from == DType::kF32 || from == DType::kF64) values.insert(values.end(), {3e9, -3e9, 7e18, 0x1p31, 0x1p30});
  }
  if (to == DType::kI64) std::erase(values, kInf);  // its end is no double: see PointwiseCast
  OpCase c;
  c.name = std::string(name_of(from)) + " to " + std::string(name_of(to));
  c.op = "cast";
  c.attributes = {{"dtype", to}};
  c.inputs = {tensor_of({static_cast<std::int64_t>(values.size())}, from, values)};
  c.oracle = [to](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    HostTensor out{{in[0].spec.shape, to}, {}};
    for (const double x : in[0].values) out.values.push_back(cast_oracle(x, in[0].spec.dtype, to));
    return {out};
  };
  c.dtypes = {DType::kF32};
  c.gradient = false;
  return c;
}

}  // namespace

std::vector<OpCase> broadcast_cases() {
  std::vector<OpCase> rows;
  for (const std::int64_t n : {0, 1, 2, 3, 4, 5, 31, 511, 512, 513, 1021, 8191, 8193, 20011})
    put_pair(rows, "size", {n}, {n});
  put_pair(rows, "row", {5, 7}, {7});
  put_pair(rows, "column", {5, 1}, {5, 7});
  put_pair(rows, "outer", {5, 1}, {1, 7});
  put_pair(rows, "scalar", {}, {3, 4});
  put_pair(rows, "scalar behind", {3, 4}, {1});
  put_pair(rows, "two scalars", {}, {1, 1});
  put_pair(rows, "empty", {0, 3}, {3});
  put_pair(rows, "empty and scalar", {3, 0}, {});
  put_pair(rows, "five axes", {2, 1, 3, 1, 2}, {4, 1, 5, 1});
  put_pair(rows, "middle", {2, 3, 4}, {3, 1});
  put_pair(rows, "short rows", {3001, 3}, {3});
  put_pair(rows, "short columns", {3001, 1}, {3001, 3});
  put_pair(rows, "long rows", {17, 1500}, {1500});
  put_pair(rows, "long columns", {17, 1500}, {17, 1});
  put_pair(rows, "a column", {90, 64}, {90, 1});
  put_pair(rows, "a column of two axes", {6, 5, 64}, {6, 5, 1});
  put_pair(rows, "a column again and again", {6, 5, 64}, {5, 1});
  put_pair(rows, "a column and a row", {90, 1}, {64});
  put_pair(rows, "rows as long as a tile", {3, 512}, {512});
  put_pair(rows, "many elements and one", {20011}, {1});
  put_select(rows, {4, 1}, {1, 5}, {});
  put_select(rows, {}, {4, 5}, {5});
  put_select(rows, {3, 1, 2}, {2, 1}, {3, 2, 2});
  put_select(rows, {90, 1}, {90, 64}, {64});
  return rows;
}

std::vector<OpCase> cast_cases() {
  std::vector<OpCase> rows;
  for (int from = 0; from < kDTypeCount; ++from)
    for (int to = 0; to < kDTypeCount; ++to)
      rows.push_back(cast_case(static_cast<DType>(from), static_cast<DType>(to)));
  OpCase many = cast_case(DType::kF32, DType::kF32);
  many.name = "enough for a loop";
  many.inputs = {floats({1029}, 6)};
  rows.push_back(many);
  OpCase gradient = cast_case(DType::kF32, DType::kF64);
  gradient.name = "gradient";
  gradient.inputs = {floats({5}, 4)};
  gradient.gradient = true;
  rows.push_back(gradient);
  return rows;
}

}  // namespace weft::testing
