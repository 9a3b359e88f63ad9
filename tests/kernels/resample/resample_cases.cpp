// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/kernels/support/coords.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

using Tensors = std::vector<HostTensor>;
using Row = std::vector<double>;

struct Setup {
  std::string method;
  std::int64_t in, out;
  bool align_corners = false;
  double scale = 0;
};

// The weights of all inputs in output o, by interpolation between the elements of a line that goes on beyond its ends.
Row row_of(const Setup& s, std::int64_t o) {
  Row row(static_cast<std::size_t>(s.in));
  const auto add = [&](std::int64_t i, double weight) {
    row[static_cast<std::size_t>(std::clamp<std::int64_t>(i, 0, s.in - 1))] += weight;
  };
  if (s.method == "area") {
    std::vector<std::int64_t> share;  // inputs that overlap [o, o + 1) of `out` equal parts
    for (std::int64_t i = 0; i < s.in; ++i)
      if ((i + 1) * s.out > o * s.in && i * s.out < (o + 1) * s.in) share.push_back(i);
    for (const std::int64_t i : share) add(i, 1.0 / static_cast<double>(share.size()));
    return row;
  }
  const double per_output = s.scale > 0 ? 1 / s.scale : static_cast<double>(s.in) / static_cast<double>(s.out);
  const double edge = static_cast<double>(o) * per_output, center = (static_cast<double>(o) + 0.5) * per_output;
  constexpr double kNudge = 1e-9;  // quotients that are whole numbers
  if (s.method == "nearest" || s.method == "nearest_exact") {
    add(static_cast<std::int64_t>(std::floor((s.method == "nearest" ? edge : center) + kNudge)), 1);
    return row;
  }
  double at = center - 0.5;
  if (s.align_corners)
    at = s.out == 1 ? 0 : static_cast<double>(o) * static_cast<double>(s.in - 1) / static_cast<double>(s.out - 1);
  if (s.method == "linear") at = std::max(at, 0.0);
  const double left = std::floor(at + kNudge), t = at - left;
  const auto l = static_cast<std::int64_t>(left);
  if (s.method == "linear") {
    add(l, 1 - t);
    add(l + 1, t);
    return row;
  }
  // Cubic Hermite interpolation with slopes -a (next - previous) at the inner two elements, a = -0.75.
  const double a = -0.75;
  const double h10 = t * (1 - t) * (1 - t), h11 = t * t * (t - 1), h01 = t * t * (3 - 2 * t);
  add(l - 1, a * h10);
  add(l, 1 - h01 + a * h11);
  add(l + 1, h01 - a * h10);
  add(l + 2, -a * h11);
  return row;
}

Oracle product_oracle(const Setup& s, std::int64_t axis, bool transposed) {
  return [=](const Tensors& in) -> Tensors {
    const auto a = static_cast<std::size_t>(axis);
    std::vector<std::int64_t> dims = in[0].spec.shape.dims();
    dims[a] = transposed ? s.in : s.out;
    HostTensor y = by_coords(Shape(dims), in[0].spec.dtype, [](const Coords&) { return 0; });
    std::vector<Row> matrix;
    for (std::int64_t o = 0; o < s.out; ++o) matrix.push_back(row_of(s, o));
    for_each_coords(y.spec.shape, [&](const Coords& at) {
      double& sum = y.values[place_of(y.spec.shape, at)];
      Coords from = at;
      for (from[a] = 0; from[a] < (transposed ? s.out : s.in); ++from[a]) {
        const auto o = static_cast<std::size_t>(transposed ? from[a] : at[a]);
        const auto i = static_cast<std::size_t>(transposed ? at[a] : from[a]);
        if (std::abs(matrix[o][i]) > 1e-8) sum += matrix[o][i] * value_at(in[0], from);
      }
    });
    return {y};
  };
}

OpCase case_of(const Setup& s, Shape x, std::int64_t axis, bool transposed, DType dtype = DType::kF32) {
  OpCase row;
  row.op = transposed ? "resample_grad" : "resample";
  std::vector<std::int64_t> dims = x.dims();
  dims[static_cast<std::size_t>(axis)] = transposed ? s.out : s.in;
  x = Shape(dims);
  row.name = s.method + "_" + x.text() + "_axis_" + std::to_string(axis) + "_" + std::to_string(s.in) + "_to_" +
             std::to_string(s.out) + (s.align_corners ? "_aligned" : "") + (s.scale > 0 ? "_scaled" : "") + "_" +
             std::string(name_of(dtype));
  row.attributes = {{"axis", axis},
                    {"method", s.method},
                    {"align_corners", s.align_corners},
                    {"scale", s.scale},
                    {transposed ? "inputs" : "outputs", transposed ? s.in : s.out}};
  row.inputs = {random_tensor(x, dtype, dtype == DType::kBool || dtype == DType::kU8 ? 0 : -2, 2, 11)};
  row.oracle = product_oracle(s, axis, transposed);
  const bool exact = !transposed && s.method.starts_with("nearest");
  row.tolerance = exact ? 0 : 2e-6;
  row.reason = exact ? "" : "f32 sums of at most 24 products below 2, with rounded weights";
  row.gradient = x.numel() <= 120;
  return row;
}

}  // namespace

std::vector<OpCase> resample_cases() {
  std::vector<OpCase> rows;
  const auto add = [&](const Setup& s, const Shape& x, std::int64_t axis) {
    rows.push_back(case_of(s, x, axis, false));
    rows.push_back(case_of(s, x, axis, true));
  };
  for (const char* method : {"nearest", "nearest_exact", "linear", "cubic", "area"}) {
    const std::pair<std::int64_t, std::int64_t> sizes[] = {{4, 8}, {5, 3}, {3, 7}, {1, 4}, {6, 1}, {7, 7}, {11, 4}};
    for (const auto& [in, out] : sizes) add({method, in, out}, {2, 0, 3}, 1);
    add({method, 5, 12, false, 2.5}, {2, 0, 2}, 1);
    add({method, 7, 4, false, 0.6}, {2, 0, 2}, 1);
    add({method, 4, 6}, {3, 0}, 1);
    add({method, 4, 6}, {0, 3}, 0);
    add({method, 3, 5}, {2, 2, 0, 16}, 2);
    add({method, 5, 2}, {1, 0, 2, 17}, 1);
    add({method, 4, 7}, {2, 0, 79}, 1);
    add({method, 4, 6}, {0, 4, 3}, 1);
    add({method, 4, 6}, {2, 4, 0}, 1);
  }
  for (const char* method : {"linear", "cubic"})
    for (const std::int64_t out : {1, 2, 5, 9}) add({method, 5, out, true}, {2, 0, 3}, 1);
  // 49 (1 / 49) is less than 1 in doubles.
  add({"nearest", 2, 98}, {1, 0, 2}, 1);
  for (const DType dtype : {DType::kI32, DType::kI64, DType::kU8, DType::kBool})
    rows.push_back(case_of({"nearest", 3, 7}, {2, 0, 5}, 1, false, dtype));
  // An infinite neighbor has no part where its weight is 0.
  OpCase infinite = case_of({"linear", 3, 5, true}, {1, 0, 17}, 1, false);
  infinite.name = "infinite_neighbor";
  for (std::size_t i = 17; i < 34; ++i) infinite.inputs[0].values[i] = std::numeric_limits<double>::infinity();
  infinite.gradient = false;
  rows.push_back(infinite);
  return rows;
}

}  // namespace weft::testing
