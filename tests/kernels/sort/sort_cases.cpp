// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include "tests/kernels/support/coords.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

using Tensors = std::vector<HostTensor>;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// a stands strictly before b: NaN is the largest, -0 equals 0.
bool before(double a, double b, bool descending) {
  if (descending) return std::isnan(a) ? !std::isnan(b) : a > b;
  return std::isnan(b) ? !std::isnan(a) : a < b;
}

HostTensor zeros(const Shape& shape, DType dtype) {
  return by_coords(shape, dtype, [](const Coords&) { return 0.0; });
}

// By ranks: an element's place is the number of elements that stand before it, equal ones counted when they are
// earlier. No sorting here.
Tensors ranked(const HostTensor& x, std::size_t axis, std::int64_t first, std::int64_t keep, bool descending) {
  std::vector<std::int64_t> dims = x.spec.shape.dims();
  const std::int64_t size = dims[axis];
  dims[axis] = keep;
  const Shape out(dims);
  Tensors result{zeros(out, x.spec.dtype), zeros(out, DType::kI64)};
  for_each_coords(x.spec.shape, [&](const Coords& at) {
    std::int64_t rank = 0;
    Coords other = at;
    for (other[axis] = 0; other[axis] < size; ++other[axis]) {
      const double a = value_at(x, other), b = value_at(x, at);
      const bool equal = !before(a, b, descending) && !before(b, a, descending);
      if (before(a, b, descending) || (equal && other[axis] < at[axis])) ++rank;
    }
    if (rank < first || rank >= first + keep) return;
    other = at;
    other[axis] = rank - first;
    result[0].values[place_of(out, other)] = value_at(x, at);
    result[1].values[place_of(out, other)] = static_cast<double>(at[axis]);
  });
  return result;
}

OpCase sort_row(const std::string& name, HostTensor x, std::int64_t axis, bool descending) {
  OpCase row{name + (descending ? "_down" : "_up"), "sort", {{"axis", axis}, {"descending", descending}}, {x}, {}};
  row.oracle = [=](const Tensors& in) {
    return ranked(in[0], static_cast<std::size_t>(axis), 0, in[0].spec.shape.dims()[static_cast<std::size_t>(axis)],
                  descending);
  };
  row.gradient = false;
  return row;
}

OpCase ranks_row(const std::string& name, HostTensor x, std::int64_t first, std::int64_t k, std::int64_t axis,
                 bool largest) {
  OpCase row{name + (largest ? "_largest" : "_smallest"),
             "topk",
             {{"first", first}, {"k", k}, {"axis", axis}, {"largest", largest}},
             {x},
             {}};
  row.oracle = [=](const Tensors& in) { return ranked(in[0], static_cast<std::size_t>(axis), first, k, largest); };
  row.gradient = false;
  return row;
}

OpCase topk_row(const std::string& name, HostTensor x, std::int64_t k, std::int64_t axis, bool largest) {
  return ranks_row(name, std::move(x), 0, k, axis, largest);
}

// Different values everywhere, so that small steps do not change the order.
HostTensor distinct(const Shape& shape) {
  HostTensor x{{shape, DType::kF32}, {}};
  for (std::int64_t i = 0; i < shape.numel(); ++i) x.values.push_back(static_cast<double>(i * 7 % 31) / 8 - 2);
  return x;
}

void add_sorts(std::vector<OpCase>& rows) {
  for (const bool flag : {false, true}) {
    for (const Shape& shape : {Shape{1}, Shape{0}, Shape{17}, Shape{257}, Shape{1025}}) {
      rows.push_back(sort_row(shape.text(), random_tensor(shape, DType::kF32, -9, 9, 3), 0, flag));
    }
    rows.push_back(sort_row("ties", random_tensor({129}, DType::kF32, 0, 1, 3), 0, flag));
    for (double& value : rows.back().inputs[0].values) value = std::floor(value * 4) - 2;
    rows.push_back(
        sort_row("special", tensor_of({9}, DType::kF32, {kNaN, 1, -kInf, 0, -0.0, kNaN, kInf, -1, 0}), 0, flag));
    rows.push_back(sort_row("last_axis", random_tensor({5, 33}, DType::kF32, -9, 9, 4), 1, flag));
    rows.push_back(sort_row("first_axis", random_tensor({33, 5}, DType::kF32, -9, 9, 4), 0, flag));
    rows.push_back(sort_row("middle", random_tensor({3, 17, 4}, DType::kF32, -9, 9, 4), 1, flag));
    rows.push_back(sort_row("no_lines", random_tensor({0, 4}, DType::kF32, -9, 9, 4), 1, flag));
    for (const DType dtype : {DType::kI32, DType::kI64}) {
      rows.push_back(sort_row(std::string(name_of(dtype)), random_tensor({3, 40}, dtype, -20, 20, 5), 1, flag));
    }
    // Lengths from which lines are dealt out by digits of their keys, and such lines.
    for (const std::int64_t n : {95, 96, 97})
      rows.push_back(sort_row("f32_of_" + std::to_string(n), random_tensor({n}, DType::kF32, -2, 2, 3), 0, flag));
    for (const std::int64_t n : {31, 32, 33})
      rows.push_back(sort_row("i64_of_" + std::to_string(n), random_tensor({n}, DType::kI64, -20, 20, 3), 0, flag));
    rows.push_back(sort_row("long_ties", random_tensor({1400}, DType::kI32, -40, 40, 3), 0, flag));
    rows.push_back(sort_row("long_i64", random_tensor({2, 600}, DType::kI64, -4e15, 4e15, 3), 1, flag));
    rows.push_back(sort_row("long_u8", random_tensor({700}, DType::kU8, 0, 256, 3), 0, flag));
    rows.push_back(sort_row("long_equal", tensor_of({513}, DType::kF32, std::vector<double>(513, 2.5)), 0, flag));
    rows.push_back(sort_row("long_special", random_tensor({520, 2}, DType::kF32, -9, 9, 3), 0, flag));
    for (std::size_t i = 0; i < 1040; i += 7) rows.back().inputs[0].values[i] = i % 2 == 0 ? kNaN : -0.0;
    rows.push_back(sort_row("nan_of_either_sign", random_tensor({150}, DType::kF32, -9, 9, 3), 0, flag));
    for (std::size_t i = 0; i < 150; i += 4) rows.back().inputs[0].values[i] = i % 8 == 0 ? kNaN : -kNaN;
    rows.push_back(sort_row("u8", random_tensor({90}, DType::kU8, 0, 256, 5), 0, flag));
    rows.push_back(sort_row("bool", random_tensor({3, 13}, DType::kBool, 0, 2, 5), 1, flag));
    rows.push_back(sort_row("gradient", distinct({4, 5}), 1, flag));
    rows.back().gradient = true;

    const HostTensor x = random_tensor({6, 41}, DType::kF32, -9, 9, 8);
    for (const std::int64_t k : {0, 1, 5, 41}) rows.push_back(topk_row("k" + std::to_string(k), x, k, 1, flag));
    rows.push_back(topk_row("first_axis", x, 3, 0, flag));
    const HostTensor longer = random_tensor({3, 1000}, DType::kF32, -9, 9, 8);
    for (const std::int64_t k : {1, 8, 32, 33, 600})
      rows.push_back(topk_row("long" + std::to_string(k), longer, k, 1, flag));
    for (const std::int64_t first : {0, 1, 499, 967})
      rows.push_back(ranks_row("ranks" + std::to_string(first), longer, first, 33, 1, flag));
    for (const DType dtype : {DType::kF64, DType::kBF16, DType::kI64, DType::kI32, DType::kU8})
      rows.push_back(ranks_row("ranks_" + std::string(name_of(dtype)),
                               random_tensor({150, 2}, dtype, dtype == DType::kU8 ? 0 : -90, 90, 8), 75, 2, 0, flag));
    rows.push_back(ranks_row("ranks_of_few", x, 20, 1, 1, flag));
    rows.push_back(
        ranks_row("ranks_of_equal", tensor_of({200}, DType::kF32, std::vector<double>(200, 1)), 99, 2, 0, flag));
    rows.push_back(ranks_row("no_ranks", x, 41, 0, 1, flag));
    rows.push_back(topk_row("long_nan", longer, 8, 1, flag));
    for (std::size_t i = 70; i < 3000; i += 9) rows.back().inputs[0].values[i] = i % 2 == 0 ? kNaN : kInf;
    rows.push_back(topk_row("long_ties", random_tensor({900}, DType::kI32, -3, 3, 8), 20, 0, flag));
    rows.push_back(topk_row("long_u8", random_tensor({900}, DType::kU8, 0, 256, 8), 20, 0, flag));
    rows.push_back(topk_row("long_columns", random_tensor({200, 3}, DType::kF32, -9, 9, 8), 6, 0, flag));
    rows.push_back(topk_row("nan", tensor_of({5}, DType::kF32, {1, kNaN, 3, kNaN, -1}), 3, 0, flag));
    rows.push_back(topk_row("ties", tensor_of({6}, DType::kF32, {2, 1, 2, 1, 2, 1}), 4, 0, flag));
    rows.push_back(topk_row("i64", random_tensor({2, 30}, DType::kI64, -20, 20, 5), 4, 1, flag));
    rows.push_back(topk_row("gradient", distinct({3, 7}), 2, 1, flag));
    rows.back().gradient = true;
    rows.push_back(ranks_row("ranks_gradient", distinct({3, 7}), 3, 2, 1, flag));
    rows.back().gradient = true;
  }
}

// Walks the values seen so far, smallest first, without sorting.
Tensors uniques(const HostTensor& x) {
  const std::size_t n = x.values.size();
  const Shape& shape = x.spec.shape;
  Tensors out{zeros(shape, x.spec.dtype), zeros(shape, DType::kI64), zeros(shape, DType::kI64), zeros({}, DType::kI64)};
  const auto equal = [](double a, double b) { return !before(a, b, false) && !before(b, a, false); };
  std::vector<bool> done(n, false);
  std::size_t group = 0;
  for (std::size_t left = n; left > 0; ++group) {
    std::size_t least = n;
    for (std::size_t i = 0; i < n; ++i) {
      if (!done[i] && (least == n || before(x.values[i], x.values[least], false))) least = i;
    }
    out[0].values[group] = x.values[least];
    for (std::size_t i = 0; i < n; ++i) {
      if (done[i] || !equal(x.values[i], x.values[least])) continue;
      done[i] = true;
      out[1].values[i] = static_cast<double>(group);
      ++out[2].values[group];
      --left;
    }
  }
  out[3].values[0] = static_cast<double>(group);
  return out;
}

void add_uniques(std::vector<OpCase>& rows) {
  const auto add = [&](const std::string& name, HostTensor x) {
    rows.push_back({name, "unique", {}, {std::move(x)}, [](const Tensors& in) { return uniques(in[0]); }});
  };
  add("labels", random_tensor({200}, DType::kI64, -5, 6, 9));
  add("i32", random_tensor({100}, DType::kI32, -50, 60, 9));
  add("u8", random_tensor({700}, DType::kU8, 0, 256, 9));
  add("bool", random_tensor({13}, DType::kBool, 0, 2, 9));
  add("floats", random_tensor({130}, DType::kF32, -9, 9, 9));
  add("special", tensor_of({8}, DType::kF32, {kNaN, 0, -0.0, kNaN, 1, kInf, 1, -kInf}));
  add("long_labels", random_tensor({2000}, DType::kI64, -900, 900, 9));
  add("many_i32", random_tensor({4200}, DType::kI32, -300000, 300000, 9));
  add("long_i32", random_tensor({700}, DType::kI32, -300, 300, 9));
  add("one", random_tensor({1}, DType::kF32, -9, 9, 9));
  add("all_equal", tensor_of({65}, DType::kF32, std::vector<double>(65, 2.5)));
  add("empty", random_tensor({0}, DType::kI64, 0, 1, 9));
}

// Every element by the one before it, in the order of the memory.
HostTensor summed_before(const HostTensor& x, std::size_t axis, bool reverse) {
  const std::vector<std::int64_t>& dims = x.spec.shape.dims();
  std::size_t inner = 1;
  for (std::size_t k = axis + 1; k < dims.size(); ++k) inner *= static_cast<std::size_t>(dims[k]);
  HostTensor out = x;
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const std::size_t at = reverse ? x.values.size() - 1 - i : i;
    const std::size_t row = at / inner % static_cast<std::size_t>(dims[axis]);
    if (reverse ? row + 1 < static_cast<std::size_t>(dims[axis]) : row > 0)
      out.values[at] += out.values[reverse ? at + inner : at - inner];
  }
  return out;
}

// Long lines of eighths, whose sums are exact in any order.
void add_long_cumsums(std::vector<OpCase>& rows) {
  for (const bool reverse : {false, true}) {
    const auto add = [&](const std::string& name, const Shape& shape, std::int64_t axis, DType dtype = DType::kF32) {
      OpCase row{name + (reverse ? "_back" : ""),
                 "cumsum",
                 {{"axis", axis}, {"reverse", reverse}},
                 {random_tensor(shape, dtype, -8, 9, 12)},
                 [=](const Tensors& in) -> Tensors {
                   return {summed_before(in[0], static_cast<std::size_t>(axis), reverse)};
                 }};
      for (double& value : row.inputs[0].values) value = is_floating(dtype) ? std::floor(value) / 8 : value;
      row.gradient = false;
      rows.push_back(row);
    };
    add("pieces", {9003}, 0);
    add("pieces_of_lines", {3, 8000}, 1);
    add("pieces_of_columns", {8001, 2}, 0);
    add("pieces_i64", {9003}, 0, DType::kI64);
    add("lines_in_turn", {11, 300}, 1);
    add("few_columns", {2, 300, 5}, 1);
    add("just_not_few_columns", {3, 40, 16}, 1);
  }
}

// Every element by its own sum.
void add_cumsums(std::vector<OpCase>& rows) {
  const auto add = [&](const std::string& name, const Shape& shape, std::int64_t axis, bool reverse, DType dtype) {
    OpCase row{name + (reverse ? "_back" : ""),
               "cumsum",
               {{"axis", axis}, {"reverse", reverse}},
               {random_tensor(shape, dtype, is_floating(dtype) ? -1 : 0, is_floating(dtype) ? 1 : 9, 12)},
               {}};
    row.oracle = [=](const Tensors& in) -> Tensors {
      const auto k = static_cast<std::size_t>(axis);
      return {by_coords(shape, in[0].spec.dtype, [&](const Coords& at) {
        double sum = 0;
        Coords other = at;
        const std::int64_t last = reverse ? shape.dims()[k] - 1 : at[k];
        for (other[k] = reverse ? at[k] : 0; other[k] <= last; ++other[k]) sum += value_at(in[0], other);
        return sum;
      })};
    };
    row.tolerance = is_floating(dtype) ? 1e-7 : 0;
    row.reason = "summed in f64, rounded to f32 once; f64 in another order";
    row.gradient = shape.numel() <= 64;
    rows.push_back(row);
  };
  for (const bool reverse : {false, true}) {
    for (const Shape& shape : {Shape{1}, Shape{0}, Shape{13}, Shape{255}, Shape{1030}}) {
      add(shape.text(), shape, 0, reverse, DType::kF32);
    }
    add("long_lines", {2, 2100}, 1, reverse, DType::kF32);
    add("last_axis", {3, 7}, 1, reverse, DType::kF32);
    add("first_axis", {7, 3}, 0, reverse, DType::kF32);
    add("middle", {2, 5, 4}, 1, reverse, DType::kF32);
    add("many_columns", {5, 130}, 0, reverse, DType::kF32);
    add("no_columns", {5, 0}, 0, reverse, DType::kF32);
    add("i32", {4, 19}, 1, reverse, DType::kI32);
    add("i64", {19, 2}, 0, reverse, DType::kI64);
    add("u8", {19}, 0, reverse, DType::kU8);
    add("i32_columns", {19, 2}, 0, reverse, DType::kI32);
    add("i64_line", {19}, 0, reverse, DType::kI64);
    add("u8_columns", {19, 2}, 0, reverse, DType::kU8);
  }
}

}  // namespace

std::vector<OpCase> sort_cases() {
  std::vector<OpCase> rows;
  add_sorts(rows);
  add_uniques(rows);
  add_cumsums(rows);
  add_long_cumsums(rows);
  return rows;
}

}  // namespace weft::testing
