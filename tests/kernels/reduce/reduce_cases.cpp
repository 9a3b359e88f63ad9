// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Values = std::vector<double>;

// Gathers the elements of each output in order and hands them to `f`.
Oracle over(ir::Ints axes, bool keep, bool counts, double (*f)(const Values&, std::int64_t), std::int64_t correction) {
  return [=](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    const Shape& shape = in[0].spec.shape;
    const auto reduced = [&](int axis) { return std::count(axes.begin(), axes.end(), axis) > 0; };
    std::vector<std::int64_t> dims;
    std::int64_t outputs = 1;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (!reduced(axis)) outputs *= shape[axis];
      if (!reduced(axis) || keep) dims.push_back(reduced(axis) ? 1 : shape[axis]);
    }
    std::vector<Values> groups(static_cast<std::size_t>(outputs));
    for (std::size_t i = 0; i < in[0].values.size(); ++i) {
      auto rest = static_cast<std::int64_t>(i);
      std::int64_t group = 0, step = 1;
      for (int axis = shape.rank() - 1; axis >= 0; --axis) {
        if (!reduced(axis)) {
          group += rest % shape[axis] * step;
          step *= shape[axis];
        }
        rest /= shape[axis];
      }
      groups[static_cast<std::size_t>(group)].push_back(in[0].values[i]);
    }
    HostTensor out{{Shape(dims), counts ? DType::kI64 : in[0].spec.dtype}, {}};
    for (const Values& group : groups) out.values.push_back(f(group, correction));
    return {out};
  };
}

double sum(const Values& v, std::int64_t) {
  long double s = 0;
  for (const double x : v) s += x;
  return static_cast<double>(s);
}
double mean(const Values& v, std::int64_t) { return sum(v, 0) / static_cast<double>(v.size()); }
double prod(const Values& v, std::int64_t) {
  double p = 1;
  for (const double x : v) p *= x;
  return p;
}
bool any_nan(const Values& v) {
  return std::any_of(v.begin(), v.end(), [](double x) { return std::isnan(x); });
}
double max(const Values& v, std::int64_t) { return any_nan(v) ? kNaN : *std::max_element(v.begin(), v.end()); }
double min(const Values& v, std::int64_t) { return any_nan(v) ? kNaN : *std::min_element(v.begin(), v.end()); }
double place(const Values& v, Values::const_iterator extreme) {
  const auto nan = std::find_if(v.begin(), v.end(), [](double x) { return std::isnan(x); });
  return static_cast<double>((nan == v.end() ? extreme : nan) - v.begin());
}
double argmax(const Values& v, std::int64_t) { return place(v, std::max_element(v.begin(), v.end())); }
double argmin(const Values& v, std::int64_t) { return place(v, std::min_element(v.begin(), v.end())); }
double variance(const Values& v, std::int64_t correction) {
  const long double m = static_cast<long double>(sum(v, 0)) / static_cast<long double>(v.size());
  long double s = 0;
  for (const double x : v) s += (x - m) * (x - m);
  const auto n = static_cast<std::int64_t>(v.size());
  return static_cast<double>(s) / static_cast<double>(std::max<std::int64_t>(0, n - correction));
}
double logsumexp(const Values& v, std::int64_t) {
  if (v.empty()) return -kInf;
  const double m = *std::max_element(v.begin(), v.end());
  if (std::isinf(m) || any_nan(v)) return any_nan(v) ? kNaN : m;
  long double s = 0;
  for (const double x : v) s += std::exp(static_cast<long double>(x) - m);
  return m + static_cast<double>(std::log(s));
}

struct Reduction {
  const char* op;
  double (*oracle)(const Values&, std::int64_t);
  double lo, hi, tolerance;
  const char* reason;
};

constexpr Reduction kReductions[] = {
    {"sum", sum, -2, 2, 2e-5, "up to 70001 terms below 2; f32 partial sums of a few thousand terms on CUDA"},
    {"mean", mean, -2, 2, 1e-6, "as the sum, divided by the count"},
    {"prod", prod, 0.8, 1.2, 2e-5, "one rounding per factor, up to 300 factors"},
    {"max", max, -9, 9, 0, ""},
    {"min", min, -9, 9, 0, ""},
    {"variance", variance, 2, 6, 4e-6, "one division per element in f32 on CUDA"},
    {"logsumexp", logsumexp, -5, 5, 4e-6, "exponentials of f32 differences, merged up to 17 times"},
};

OpCase row(const Reduction& r, std::string name, HostTensor x, ir::Ints axes, bool keep = false,
           std::int64_t correction = 1) {
  OpCase c;
  c.name = std::move(name);
  c.op = r.op;
  c.attributes = {{"axes", axes}, {"keep", keep}};
  if (c.op == "variance") c.attributes.set("correction", correction);
  const bool counts = (c.op == "sum" || c.op == "prod") && !is_floating(x.spec.dtype);
  c.gradient = is_floating(x.spec.dtype) && x.spec.shape.numel() <= 100;
  c.inputs = {std::move(x)};
  c.oracle = over(axes, keep, counts, r.oracle, correction);
  c.tolerance = r.tolerance;
  c.reason = r.reason;
  return c;
}

void put_shapes(std::vector<OpCase>& rows, const Reduction& r) {
  const auto x = [&](Shape shape) { return random_tensor(shape, DType::kF32, r.lo, r.hi, 11); };
  rows.push_back(row(r, "rows", x({5, 7}), {1}));
  rows.push_back(row(r, "columns", x({7, 5}), {0}, true));
  rows.push_back(row(r, "everything", x({3, 5}), {0, 1}));
  rows.push_back(row(r, "middle axis", x({3, 5, 4}), {1}, true));
  rows.push_back(row(r, "outer and inner axes", x({3, 4, 5}), {0, 2}));
  rows.push_back(row(r, "alternating axes", x({2, 3, 2, 3, 2}), {1, 3}));
  rows.push_back(row(r, "no axes", x({2, 3}), {}, false, 0));
  rows.push_back(row(r, "axes of size one", x({1, 4, 1}), {0, 2}, false, 0));
  rows.push_back(row(r, "a scalar", x({}), {}, false, 0));
  rows.push_back(row(r, "no outputs", x({0, 3}), {1}));
  rows.push_back(row(r, "power of two and one more", x({3, 257}), {1}));
  rows.push_back(row(r, "columns beyond a tile", x({33, 131}), {0}));
  rows.push_back(row(r, "sums in registers and beside them", x({53, 20}), {0}));
  for (const std::int64_t columns : {2, 3, 16, 17, 31, 32, 33, 64, 100})
    rows.push_back(row(r, "tall, " + std::to_string(columns) + " columns", x({2 * 256 + 21, columns}), {0}));
  rows.push_back(row(r, "tall and narrow in the middle", x({3, 300, 5}), {1}));
  rows.push_back(row(r, "a tile of sums, and some beside registers", x({33, 149}), {0}));
  for (const std::int64_t n : {15, 16, 17, 32, 64, 100, 200})
    rows.push_back(row(r, "rows of " + std::to_string(n), x({9, n}), {1}));
}

void put_long(std::vector<OpCase>& rows, const Reduction& r) {
  const auto x = [&](Shape shape) { return random_tensor(shape, DType::kF32, r.lo, r.hi, 12); };
  rows.push_back(row(r, "long enough to be cut", x({70001}), {0}));
  rows.push_back(row(r, "long columns", x({23003, 3}), {0}));
  rows.push_back(row(r, "long, by outer and inner axes", x({211, 2, 167}), {0, 2}));
}

void put_special(std::vector<OpCase>& rows, const Reduction& r) {
  const auto x = [&](Shape shape, Values values) { return tensor_of(shape, DType::kF32, std::move(values)); };
  OpCase c = row(r, "nan and infinities by rows",
                 x({5, 3}, {1, kNaN, 2, kInf, 1, 2, -kInf, 1, 2, -kInf, -kInf, -kInf, kInf, kInf, 1}), {1});
  c.gradient = false;
  rows.push_back(c);
  c = row(r, "nan and infinities by columns",
          x({3, 5}, {1, kInf, -kInf, -kInf, kInf, kNaN, 1, 1, -kInf, kInf, 2, 2, 2, -kInf, 1}), {0});
  c.gradient = false;
  rows.push_back(c);
}

void put_integers(std::vector<OpCase>& rows, const Reduction& r) {
  for (const DType dtype : {DType::kI32, DType::kI64, DType::kU8, DType::kBool}) {
    const double lo = dtype == DType::kU8 || dtype == DType::kBool ? 0 : -3, hi = dtype == DType::kBool ? 2 : 4;
    for (const ir::Ints& axes : {ir::Ints{0}, ir::Ints{1}}) {
      OpCase c = row(r, std::string(name_of(dtype)) + " axis " + std::to_string(axes[0]),
                     random_tensor({13, 9}, dtype, lo, hi, 5), axes);
      c.tolerance = 0;
      rows.push_back(c);
    }
  }
}

// Long enough to be cut, mostly ones, with a few others late in it.
HostTensor long_integers(DType dtype) {
  HostTensor x = tensor_of({9001}, dtype, Values(9001, 1.0));
  x.values[5000] = 2;
  x.values[8200] = dtype == DType::kU8 ? 4 : -5;
  x.values[8300] = x.values[8900] = 7;
  return x;
}

void put_long_integers(std::vector<OpCase>& rows, const Reduction& r) {
  for (const DType dtype : {DType::kI32, DType::kI64, DType::kU8}) {
    rows.push_back(row(r, "long, " + std::string(name_of(dtype)), long_integers(dtype), {0}));
    rows.back().tolerance = 0;
  }
}

// Values that stand alone in a long row, among the elements that vectors hold and behind them.
void put_late(std::vector<OpCase>& rows, const Reduction& r) {
  for (const std::int64_t n : {16, 64, 75, 5000})
    for (const double late : {kNaN, kInf, -kInf}) {
      HostTensor x = random_tensor({3, n}, DType::kF32, r.lo, r.hi, 8);
      x.values[static_cast<std::size_t>(n / 2)] = late;
      x.values[static_cast<std::size_t>(3 * n - 1)] = late;
      OpCase c = row(r, std::to_string(late) + " in rows of " + std::to_string(n), std::move(x), {1});
      c.gradient = false;
      rows.push_back(c);
    }
}

OpCase place_row(const char* op, std::string name, HostTensor x, std::int64_t axis, bool keep) {
  OpCase c;
  c.name = std::move(name);
  c.op = op;
  c.attributes = {{"axis", axis}, {"keep", keep}};
  c.inputs = {std::move(x)};
  c.oracle = over({axis}, keep, true, c.op == "argmax" ? argmax : argmin, 0);
  c.gradient = false;
  return c;
}

void put_places(std::vector<OpCase>& rows, const char* op) {
  const auto x = [](Shape shape) { return random_tensor(shape, DType::kF32, -9, 9, 3); };
  rows.push_back(place_row(op, "rows", x({5, 37}), 1, false));
  for (const std::int64_t n : {16, 64, 65, 300})
    rows.push_back(place_row(op, "rows of " + std::to_string(n), x({7, n}), 1, false));
  rows.push_back(place_row(op, "columns", x({37, 5}), 0, true));
  rows.push_back(place_row(op, "middle", x({3, 17, 4}), 1, false));
  rows.push_back(place_row(op, "long enough to be cut", x({70001}), 0, false));
  rows.push_back(place_row(op, "first of many equals", random_tensor({4, 70}, DType::kI32, 0, 3, 4), 1, false));
  rows.push_back(
      place_row(op, "first of many equals by columns", random_tensor({70, 4}, DType::kU8, 0, 3, 4), 0, false));
  rows.push_back(place_row(op, "long, i64", long_integers(DType::kI64), 0, false));
  rows.push_back(place_row(op, "bool", random_tensor({3, 20}, DType::kBool, 0, 2, 4), 1, false));
  rows.push_back(place_row(op, "first nan",
                           tensor_of({2, 4}, DType::kF32, {1, kNaN, kInf, kNaN, -kInf, -kInf, 3, kInf}), 1, false));
  rows.push_back(place_row(op, "nothing finite",
                           tensor_of({2, 3}, DType::kF32, {kInf, kInf, kInf, -kInf, -kInf, -kInf}), 1, false));
  rows.push_back(place_row(op, "one element", x({3, 1}), 1, true));
}

const Reduction& named(std::string_view op) {
  return *std::find_if(std::begin(kReductions), std::end(kReductions), [&](const Reduction& r) { return op == r.op; });
}

// Columns long enough that log-sum-exp takes them 64 rows at a time: values that stand alone in one of the groups.
void put_deep_columns(std::vector<OpCase>& rows) {
  const Reduction& r = named("logsumexp");
  for (const std::int64_t columns : {1, 5, 16, 21, 149}) {
    const HostTensor x = random_tensor({2 * 64 + 7, columns}, DType::kF32, r.lo, r.hi, 14);
    rows.push_back(row(r, "deep, " + std::to_string(columns) + " columns", x, {0}));
    for (const double alone : {kNaN, kInf, -kInf, 1e4}) {
      for (const std::int64_t k : {0, 63, 64, 134}) {
        HostTensor y = x;
        y.values[static_cast<std::size_t>(k * columns + columns / 2)] = alone;
        OpCase c = row(r, std::to_string(alone) + " in row " + std::to_string(k) + " of " + std::to_string(columns),
                       std::move(y), {0});
        if (alone == 1e4) c.dtypes = {DType::kF32, DType::kF64, DType::kBF16};
        c.gradient = false;
        rows.push_back(std::move(c));
      }
    }
  }
  HostTensor nothing = random_tensor({140, 18}, DType::kF32, r.lo, r.hi, 15);
  for (std::size_t k = 0; k < 140; ++k) nothing.values[k * 18 + 17] = -kInf;
  rows.push_back(row(r, "a column of nothing", std::move(nothing), {0}));
  rows.back().gradient = false;
  rows.push_back(row(r, "deep columns in the middle", random_tensor({3, 70, 17}, DType::kF32, 900, 1000, 16), {1}));
}

void put_odd_ones(std::vector<OpCase>& rows) {
  const HostTensor none = tensor_of({2, 0}, DType::kF32, {}), columns = tensor_of({0, 2}, DType::kF32, {});
  for (const char* op : {"sum", "mean", "prod", "variance", "logsumexp"}) {
    rows.push_back(row(named(op), "of no elements by rows", none, {1}));
    rows.push_back(row(named(op), "of no elements by columns", columns, {0}));
  }
  rows.push_back(row(named("variance"), "correction takes all", tensor_of({2, 1}, DType::kF32, {1, 2}), {1}));
  rows.back().gradient = false;
  OpCase c =
      row(named("variance"), "of values far from zero", random_tensor({4, 300}, DType::kF32, 10000, 10001, 9), {1});
  c.dtypes = {DType::kF32, DType::kF64};
  c.tolerance = 2e-4;
  c.reason = "f32 steps are 1e-3 at 1e4, and the running mean is rounded to them on CUDA";
  rows.push_back(c);
  c = row(named("prod"), "long", random_tensor({9001}, DType::kF32, 0.995, 1.005, 9), {0});
  c.tolerance = 2e-4;
  c.reason = "one rounding per factor, 9001 factors, up to 36 of them in a chain; their errors add up";
  rows.push_back(c);
  c = row(named("logsumexp"), "beyond the range of exp", random_tensor({3, 50}, DType::kF32, 900, 1000, 9), {1});
  rows.push_back(c);
}

}  // namespace

std::vector<OpCase> reduce_cases() {
  std::vector<OpCase> rows;
  for (const Reduction& r : kReductions) {
    put_shapes(rows, r);
    if (r.oracle != prod) put_long(rows, r);
    put_special(rows, r);
    if (r.oracle == max || r.oracle == min || r.oracle == logsumexp) put_late(rows, r);
  }
  for (const char* op : {"sum", "prod", "max", "min"}) {
    put_integers(rows, named(op));
    put_long_integers(rows, named(op));
  }
  put_places(rows, "argmax");
  put_places(rows, "argmin");
  put_odd_ones(rows);
  put_deep_columns(rows);
  return rows;
}

}  // namespace weft::testing
