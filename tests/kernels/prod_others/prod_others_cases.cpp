// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

using Values = std::vector<double>;

// Sum over all ways to take a different element of each tangent, of the product of these and of the elements of x that
// are left: by recursion, for short lines.
long double by_choices(const Values& x, const std::vector<Values>& tangents, std::size_t taken,
                       std::vector<bool>& out) {
  if (taken == tangents.size()) {
    long double product = 1;
    for (std::size_t j = 0; j < x.size(); ++j)
      if (!out[j]) product *= x[j];
    return product;
  }
  long double sum = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (out[j]) continue;
    out[j] = true;
    sum += tangents[taken][j] * by_choices(x, tangents, taken + 1, out);
    out[j] = false;
  }
  return sum;
}

// Products of all others by division, for long lines without zeros and at most one tangent.
Values by_division(const Values& x, const std::vector<Values>& tangents) {
  long double product = 1, sum = 0;
  for (std::size_t j = 0; j < x.size(); ++j) {
    product *= x[j];
    if (!tangents.empty()) sum += static_cast<long double>(tangents[0][j]) / x[j];
  }
  Values y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double others = product / x[i];
    y.push_back(static_cast<double>(
        tangents.empty() ? others : others * (sum - static_cast<long double>(tangents[0][i]) / x[i])));
  }
  return y;
}

Values line_of(double c, const Values& x, const std::vector<Values>& tangents) {
  Values y;
  if (x.size() > 100) {
    y = by_division(x, tangents);
  } else {
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::vector<bool> out(x.size());
      out[i] = true;
      y.push_back(static_cast<double>(by_choices(x, tangents, 0, out)));
    }
  }
  for (double& v : y) v *= c;
  return y;
}

Oracle along(std::int64_t axis) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    const Shape& shape = in[1].spec.shape;
    std::int64_t inner = 1;
    for (int i = static_cast<int>(axis) + 1; i < shape.rank(); ++i) inner *= shape[i];
    const std::int64_t n = shape[static_cast<int>(axis)];
    HostTensor y = in[1];
    for (std::size_t line = 0; line < in[0].values.size(); ++line) {
      const auto at = [&](std::int64_t j) {
        const auto l = static_cast<std::int64_t>(line);
        return static_cast<std::size_t>((l / inner * n + j) * inner + l % inner);
      };
      std::vector<Values> lines;
      for (std::size_t k = 1; k < in.size(); ++k) {
        lines.emplace_back();
        for (std::int64_t j = 0; j < n; ++j) lines.back().push_back(in[k].values[at(j)]);
      }
      const Values got = line_of(in[0].values[line], lines[0], {lines.begin() + 1, lines.end()});
      for (std::int64_t j = 0; j < n; ++j) y.values[at(j)] = got[static_cast<std::size_t>(j)];
    }
    return {y};
  };
}

OpCase row(std::string name, HostTensor x, std::int64_t axis, int tangents) {
  OpCase c;
  c.name = std::move(name) + ", " + std::to_string(tangents) + " tangents";
  c.op = "prod_others";
  c.attributes = {{"axis", axis}};
  const Shape& shape = x.spec.shape;
  std::vector<std::int64_t> dims = shape.dims();
  dims[static_cast<std::size_t>(axis)] = 1;
  c.gradient = shape.numel() <= 30;
  c.inputs = {random_tensor(Shape(dims), DType::kF32, -2, 2, 3)};
  for (int a = 0; a < tangents; ++a)
    // Terms of one sign in long sums, because the tolerance is relative to what is left of them.
    c.inputs.push_back(
        random_tensor(shape, DType::kF32, shape.numel() > 30 ? 0.25 : -1, 1, 20 + static_cast<std::uint64_t>(a)));
  c.inputs.insert(c.inputs.begin() + 1, std::move(x));
  c.oracle = along(axis);
  c.tolerance = 1.2e-7;
  c.reason = "f64 states, rounded once to f32";
  return c;
}

}  // namespace

std::vector<OpCase> prod_others_cases() {
  std::vector<OpCase> rows;
  const auto x = [](const Shape& shape) { return random_tensor(shape, DType::kF32, 0.6, 1.5, 11); };
  const auto close_to_one = [](const Shape& shape) { return random_tensor(shape, DType::kF32, 0.995, 1.005, 12); };
  for (const int tangents : {0, 1, 2, 3}) {
    rows.push_back(row("rows", x({4, 5}), 1, tangents));
    rows.push_back(row("columns", x({5, 4}), 0, tangents));
    rows.push_back(row("middle axis", x({2, 4, 3}), 1, tangents));
    rows.push_back(row("one element", x({3, 1}), 1, tangents));
    rows.push_back(row("no elements", x({3, 0}), 1, tangents));
    rows.push_back(row("no lines", x({0, 3}), 1, tangents));
    rows.push_back(
        row("zeros", tensor_of({4, 4}, DType::kF32, {2, 0, 3, 4, 0, 5, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0}), 1, tangents));
  }
  for (const int tangents : {0, 1}) {
    for (const std::int64_t n : {15, 16, 17, 33, 64})
      rows.push_back(row("rows of " + std::to_string(n), x({7, n}), 1, tangents));
    for (const std::int64_t inner : {15, 16, 37})
      rows.push_back(row("columns side by side, " + std::to_string(inner), x({2, 6, inner}), 1, tangents));
    rows.push_back(row("as long as a piece", close_to_one({2, 1024}), 1, tangents));
    rows.push_back(row("cut", close_to_one({2, 2500}), 1, tangents));
    rows.push_back(row("columns, cut", close_to_one({2, 150, 19}), 1, tangents));
    HostTensor far = x({2, 40});  // products of the first half leave f32's range
    std::fill_n(far.values.begin(), 20, 1e5);
    std::fill_n(far.values.begin() + 20, 20, 0x1p-16);
    rows.push_back(row("beyond f32's range", far, 1, tangents));
    rows.back().dtypes = {DType::kF32};  // 1e5 is no f16, and some sums cancel all but 1e-13
  }
  // Nothing but x itself is left out of a result.
  OpCase c = row("infinities and nan",
                 tensor_of({3, 3}, DType::kF32,
                           {std::numeric_limits<double>::infinity(), 2, 3, 1, std::numeric_limits<double>::quiet_NaN(),
                            2, std::numeric_limits<double>::infinity(), 0, 4}),
                 1, 0);
  c.gradient = false;
  rows.push_back(c);
  return rows;
}

}  // namespace weft::testing
