// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include "tests/kernels/support/coords.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

using Tensors = std::vector<HostTensor>;

// Coordinates in x for an element of take's output (and of index_add's updates).
Coords taken_from(const Coords& at, const HostTensor& index, std::size_t axis) {
  const auto rank = static_cast<std::ptrdiff_t>(index.spec.shape.rank());
  const auto split = at.begin() + static_cast<std::ptrdiff_t>(axis);
  Coords from(at.begin(), split);
  from.push_back(static_cast<std::int64_t>(value_at(index, Coords(split, split + rank))));
  from.insert(from.end(), split + rank, at.end());
  return from;
}

// taken_from() for gather and scatter_add.
Coords gathered_from(Coords at, const HostTensor& index, std::size_t axis) {
  at[axis] = static_cast<std::int64_t>(value_at(index, at));
  return at;
}

using From = Coords (*)(const Coords&, const HostTensor&, std::size_t);
Coords from_take(const Coords& at, const HostTensor& index, std::size_t axis) { return taken_from(at, index, axis); }
Coords from_gather(const Coords& at, const HostTensor& index, std::size_t axis) {
  return gathered_from(at, index, axis);
}

bool inside(const Shape& shape, const Coords& at, std::size_t axis) {
  return at[axis] >= 0 && at[axis] < shape.dims()[axis];
}

Oracle reader(From from, std::size_t axis, const Shape& out) {
  return [=](const Tensors& in) -> Tensors {
    return {by_coords(out, in[0].spec.dtype, [&](const Coords& at) {
      const Coords there = from(at, in[1], axis);
      return inside(in[0].spec.shape, there, axis) ? value_at(in[0], there) : 0;
    })};
  };
}

Oracle adder(From from, std::size_t axis) {
  return [=](const Tensors& in) -> Tensors {
    HostTensor out = in[0];
    for_each_coords(in[2].spec.shape, [&](const Coords& at) {
      const Coords there = from(at, in[1], axis);
      if (inside(out.spec.shape, there, axis)) out.values[place_of(out.spec.shape, there)] += value_at(in[2], at);
    });
    return {out};
  };
}

constexpr double kSumTolerance = 1e-5;
const char* const kSumReason = "f32 sums of at most 300 terms below 3, in another order than double needs";

struct Setup {
  std::string name;
  Shape x, index;
  std::int64_t axis;
  DType index_type = DType::kI64;
  DType dtype = DType::kF32;
  double lowest = 0, beyond = 0;  // distance by which indices leave [0, size)
};

HostTensor index_for(const Setup& s, double seed_size) {
  return random_tensor(s.index, s.index_type, s.lowest, seed_size + s.beyond, 31);
}

void add_pair(std::vector<OpCase>& rows, const Setup& s, const char* read, const char* add, From from,
              const Shape& out) {
  const auto axis = static_cast<std::size_t>(s.axis);
  const auto size = static_cast<double>(s.x.dims()[axis]);
  const double low = s.dtype == DType::kU8 || s.dtype == DType::kBool ? 0 : -3;
  const HostTensor x = random_tensor(s.x, s.dtype, low, 3, 5), index = index_for(s, size);
  const bool bad = s.lowest < 0 || s.beyond > 0;
  const std::string error = bad ? "is outside [0, " + std::to_string(s.x.dims()[axis]) + ")" : "";
  const bool small = s.x.numel() <= 64 && out.numel() <= 64 && !bad;
  OpCase reading{s.name, read, {{"axis", s.axis}}, {x, index}, reader(from, axis, out)};
  reading.data_error = error;
  reading.gradient = small;
  rows.push_back(reading);
  if (s.dtype == DType::kBool) return;
  OpCase adding{s.name, add, {{"axis", s.axis}}, {x, index, random_tensor(out, s.dtype, low, 3, 6)}, adder(from, axis)};
  adding.tolerance = kSumTolerance;
  adding.reason = kSumReason;
  adding.data_error = error;
  adding.gradient = small;
  rows.push_back(adding);
}

void add_takes(std::vector<OpCase>& rows) {
  const auto add = [&](const Setup& s) {
    std::vector<std::int64_t> dims = s.x.dims();
    const auto at = dims.erase(dims.begin() + s.axis);
    dims.insert(at, s.index.begin(), s.index.end());
    add_pair(rows, s, "take", "index_add", from_take, Shape(dims));
  };
  add({"embedding", {11, 5}, {2, 3}, 0});
  add({"embedding_i32", {11, 4}, {7}, 0, DType::kI32});
  add({"columns", {3, 7}, {5}, 1});
  add({"middle", {2, 5, 3}, {2, 2}, 1});
  add({"scalar_index", {4, 3}, {}, 0});
  add({"flat", {13}, {29}, 0});
  add({"one_row", {1, 3}, {300}, 0});
  add({"one_row_32", {1, 3}, {32}, 0});  // 256 bytes of sorted keys, all 0, and the array behind them begins with a 0
  add({"no_index", {4, 3}, {0}, 0});
  add({"no_columns", {4, 0}, {3}, 0});
  add({"empty_axis", {0, 3}, {0}, 0});
  add({"wide_rows", {9, 600}, {17}, 0});
  add({"many", {127, 64}, {300}, 0});
  add({"integers", {6, 4}, {9}, 0, DType::kI64, DType::kI32});
  add({"long_integers", {6, 4}, {9}, 0, DType::kI64, DType::kI64});
  add({"bytes", {6, 4}, {9}, 0, DType::kI64, DType::kU8});
  add({"bools", {6, 4}, {9}, 0, DType::kI64, DType::kBool});
  // Row lengths at which copies and sums change their way, and lines that pieces of work cut.
  for (const std::int64_t row : {2, 3, 7, 9, 15, 16, 17, 31, 32, 33, 64, 65, 70, 257})
    add({"bytes_by_" + std::to_string(row), {6, row}, {9}, 0, DType::kI64, DType::kU8});
  for (const std::int64_t row : {2, 15, 16, 33, 63, 64, 65})
    add({"rows_by_" + std::to_string(row), {6, row}, {9}, 0, DType::kI32});
  add({"integer_rows", {6, 40}, {9}, 0, DType::kI64, DType::kI32});
  add({"long_lines", {3, 7}, {9001}, 1});
  add({"long_lines_i32", {3, 7}, {9001}, 1, DType::kI32});
  add({"bad_low", {5, 4}, {40}, 0, DType::kI64, DType::kF32, -2, 0});
  add({"bad_high", {5, 4}, {40}, 0, DType::kI32, DType::kF32, 0, 3});
  add({"bad_lines", {3, 5}, {43}, 1, DType::kI64, DType::kF32, -1, 0});
  add({"bad_lines_i32", {3, 5}, {43}, 1, DType::kI32, DType::kF32, 0, 1});
  add({"bad_long_rows", {5, 40}, {43}, 0, DType::kI64, DType::kF32, -1, 1});
  add({"bad_long_rows_i32", {5, 40}, {43}, 0, DType::kI32, DType::kF32, 0, 1});
  add({"all_bad", {0, 4}, {3}, 0, DType::kI64, DType::kF32, 0, 3});
}

void add_gathers(std::vector<OpCase>& rows) {
  const auto add = [&](const Setup& s) { add_pair(rows, s, "gather", "scatter_add", from_gather, s.index); };
  add({"labels", {6, 5}, {6, 1}, 1});
  add({"rows", {4, 5}, {7, 5}, 0});
  add({"last", {3, 9}, {3, 5}, 1, DType::kI32});
  add({"middle", {2, 5, 3}, {2, 4, 3}, 1});
  add({"flat", {17}, {31}, 0});
  add({"flat_long", {37}, {1100}, 0});
  add({"empty", {3, 4}, {3, 0}, 1});
  add({"no_rows", {0, 4}, {0, 2}, 1});
  add({"many", {70, 33}, {70, 8}, 1});
  add({"wide", {9, 600}, {17, 600}, 0});
  add({"integers", {6, 4}, {6, 9}, 1, DType::kI64, DType::kI32});
  add({"bytes", {6, 4}, {6, 9}, 1, DType::kI64, DType::kU8});
  add({"long_integers", {6, 4}, {6, 9}, 1, DType::kI64, DType::kI64});
  add({"bools", {6, 4}, {6, 9}, 1, DType::kI64, DType::kBool});
  for (const std::int64_t count : {1, 3, 4, 5, 8, 11})
    add({"lines_by_" + std::to_string(count), {9, 6}, {9, count}, 1, DType::kI32});
  add({"long_lines", {3, 7}, {3, 9001}, 1});
  add({"bytes_columns", {6, 4}, {9, 4}, 0, DType::kI64, DType::kU8});
  add({"bad_low", {5, 4}, {5, 12}, 1, DType::kI64, DType::kF32, -2, 0});
  add({"bad_high", {5, 4}, {12, 4}, 0, DType::kI32, DType::kF32, 0, 3});
  add({"bad_columns", {5, 4}, {12, 4}, 0, DType::kI64, DType::kF32, -1, 0});
  add({"bad_lines_i32", {5, 4}, {5, 11}, 1, DType::kI32, DType::kF32, 0, 1});
  add({"flat_bad", {17}, {100}, 0, DType::kI64, DType::kF32, -1, 1});
}

}  // namespace

std::vector<OpCase> index_cases() {
  std::vector<OpCase> rows;
  add_takes(rows);
  add_gathers(rows);
  return rows;
}

}  // namespace weft::testing
