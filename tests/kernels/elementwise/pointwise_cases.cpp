// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/elementwise/pointwise_cases.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "core/scalar/elementwise.h"
#include "tests/kernels/support/coords.h"
#include "tests/kernels/support/kernel_cases.h"

namespace weft::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

using Values = std::vector<double>;

bool compares(Fn fn) { return fn >= Fn::kEqual && fn <= Fn::kGreaterEqual; }
bool divides(Fn fn) { return fn == Fn::kRemainder || fn == Fn::kFloorDivide; }
bool is_logical(Fn fn) { return fn == Fn::kLogicalNot || (fn >= Fn::kLogicalAnd && fn <= Fn::kLogicalXor); }

// Coordinates of an operand for coordinates of the result.
double broadcast_value(const HostTensor& x, const Coords& at) {
  const int rank = x.spec.shape.rank();
  Coords own(at.end() - rank, at.end());
  for (int axis = 0; axis < rank; ++axis)
    if (x.spec.shape[axis] == 1) own[static_cast<std::size_t>(axis)] = 0;
  return value_at(x, own);
}

// Integers and bools overflow by keeping their low bits.
double wrapped(double value, DType dtype) {
  const double span = dtype == DType::kU8 ? 256 : dtype == DType::kI32 ? 4294967296.0 : 0;
  if (span == 0) return value;
  value -= span * std::floor(value / span);
  return dtype == DType::kI32 && value >= span / 2 ? value - span : value;
}

template <template <Fn> class Trait, std::size_t... i>
std::vector<bool> traits(std::index_sequence<i...>) {
  return {Trait<static_cast<Fn>(i)>::value...};
}
template <Fn fn>
struct OnIntegers {
  static constexpr bool value = Formula<fn>::integers;
};
bool takes_integers(Fn fn) {
  static const std::vector<bool> all = traits<OnIntegers>(std::make_index_sequence<kFnCount>{});
  return all[static_cast<std::size_t>(fn)] && !is_logical(fn);
}

// Operand i of a function: conditions and logical operands are bools.
HostTensor operand(Fn fn, int i, const Shape& shape, DType dtype, double lo, double hi) {
  const bool condition = is_logical(fn) || (fn == Fn::kWhere && i == 0);
  if (condition) return random_tensor(shape, DType::kBool, 0, 2, 90 + static_cast<std::uint64_t>(i));
  return random_tensor(shape, dtype, lo, hi, 70 + static_cast<std::uint64_t>(i));
}

std::vector<HostTensor> operands(Fn fn, const Shape& shape, DType dtype, double lo, double hi) {
  std::vector<HostTensor> all;
  for (int i = 0; i < arity(fn); ++i) all.push_back(operand(fn, i, shape, dtype, lo, hi));
  return all;
}

// Every special value against every other.
OpCase special_case(Fn fn) {
  const Values values{0, -0.0, 1, -1, 0.5, 2.5, -3.5, 1e-6, -30, 30, 200, -200, 3e4, -3e4, kInf, -kInf, kNaN};
  const auto n = static_cast<std::int64_t>(values.size());
  const bool conditional = fn == Fn::kWhere;
  std::vector<HostTensor> inputs;
  for (int i = 0; i < arity(fn); ++i) {
    std::vector<std::int64_t> dims(static_cast<std::size_t>(arity(fn)), 1);
    if (is_logical(fn) || (conditional && i == 0)) {
      dims[static_cast<std::size_t>(i)] = 2;
      inputs.push_back(tensor_of(Shape(dims), DType::kBool, {0, 1}));
    } else {
      dims[static_cast<std::size_t>(i)] = n;
      inputs.push_back(tensor_of(Shape(dims), DType::kF32, values));
    }
  }
  OpCase c = function_case(fn, "special values", std::move(inputs));
  c.gradient = false;
  return c;
}

// Dividends at whole multiples of the divisor and one step beside them, up to quotients of 2^24; `huge`: beyond 2^28,
// too.
OpCase quotients_case(Fn fn, bool huge) {
  Values dividends, divisors;
  for (const float divisor : {3.0f, -0.7f, 1e-3f, -1e20f})
    for (const float whole : {1.0f, 7.0f, 1023.0f, 65537.0f, 9999991.0f, 16777216.0f, huge ? 3e9f : 5.0f})
      for (const float sign : {1.0f, -1.0f})
        for (const float side : {-1.0f, 0.0f, 1.0f}) {
          const float multiple = sign * whole * divisor;
          dividends.push_back(side == 0 ? multiple : std::nextafter(multiple, side * 1e30f));
          divisors.push_back(divisor);
        }
  const Shape shape{std::ssize(dividends)};
  OpCase c = function_case(fn, huge ? "huge quotients" : "quotients beside whole numbers",
                           {tensor_of(shape, DType::kF32, dividends), tensor_of(shape, DType::kF32, divisors)});
  c.dtypes = {DType::kF32};
  c.gradient = false;
  return c;
}

void put_integers(std::vector<OpCase>& rows, Fn fn) {
  for (const DType dtype : {DType::kI32, DType::kI64, DType::kU8}) {
    const double lo = dtype == DType::kU8 ? 0 : -9;
    std::vector<HostTensor> inputs = operands(fn, {9, 13}, dtype, lo, 10);
    if (fn == Fn::kPow) inputs[1] = operand(fn, 1, {9, 13}, dtype, 0, 10);  // the oracle's 0^-1 is infinite
    if (divides(fn)) inputs[1] = operand(fn, 1, {9, 13}, dtype, 1, 10);     // the oracle's quotients by 0 are infinite
    if (divides(fn) && lo < 0) {
      OpCase negative = function_case(fn, std::string(name_of(dtype)) + " by negative ones",
                                      {inputs[0], operand(fn, 1, {9, 13}, dtype, -9, 0)});
      negative.tolerance = 0;
      rows.push_back(negative);
    }
    OpCase c = function_case(fn, std::string(name_of(dtype)), std::move(inputs));
    c.tolerance = 0;
    rows.push_back(c);
  }
}

}  // namespace

const FunctionRow& row_of(Fn fn) {
  const auto& rows = function_rows();
  const auto row = std::find_if(rows.begin(), rows.end(), [fn](const FunctionRow& r) { return r.fn == fn; });
  if (row == rows.end()) throw std::out_of_range(std::string("no test row for ") + name_of(fn));
  return *row;
}

Oracle elementwise(const FunctionRow& function) {
  return [&function](const std::vector<HostTensor>& in) -> std::vector<HostTensor> {
    Shape shape;
    for (const HostTensor& x : in) shape = broadcast(shape, x.spec.shape, "oracle");
    const DType operand_type = in[function.fn == Fn::kWhere ? 1 : 0].spec.dtype;
    const DType dtype = compares(function.fn) ? DType::kBool : operand_type;
    return {by_coords(shape, dtype, [&](const Coords& at) {
      double x[3] = {};
      for (std::size_t i = 0; i < in.size(); ++i) x[i] = broadcast_value(in[i], at);
      return wrapped(function.oracle(x), dtype);
    })};
  };
}

OpCase function_case(Fn fn, std::string name, std::vector<HostTensor> inputs) {
  const FunctionRow& function = row_of(fn);
  OpCase c;
  c.name = std::move(name);
  c.op = name_of(fn);
  c.inputs = std::move(inputs);
  c.oracle = elementwise(function);
  c.tolerance = function.tolerance;
  c.reason = function.reason;
  return c;
}

std::vector<OpCase> function_cases() {
  std::vector<OpCase> rows;
  for (const FunctionRow& row : function_rows()) {
    rows.push_back(function_case(row.fn, "values", operands(row.fn, {5, 7}, DType::kF32, row.lo, row.hi)));
    rows.push_back(special_case(row.fn));
    rows.push_back(function_case(row.fn, "enough for a loop", operands(row.fn, {1029}, DType::kF32, row.lo, row.hi)));
    rows.back().gradient = false;
    if (takes_integers(row.fn)) put_integers(rows, row.fn);
    // Small whole numbers, so that many are equal.
    if (compares(row.fn)) {
      auto x = operands(row.fn, {9, 13}, DType::kI32, -2, 3);
      for (HostTensor& t : x) t = stored_as(t, DType::kF32);
      rows.push_back(function_case(row.fn, "many equals", std::move(x)));
    }
  }
  for (const Fn fn : {Fn::kEqual, Fn::kNotEqual, Fn::kMinimum, Fn::kMaximum, Fn::kWhere})
    rows.push_back(function_case(fn, "bools", operands(fn, {9, 13}, DType::kBool, 0, 2)));
  for (const Fn fn : {Fn::kMinimum, Fn::kMaximum}) {
    const HostTensor x = tensor_of({4}, DType::kF32, {1, -2, 0, 3});
    rows.push_back(function_case(fn, "ties share the slope", {x, x}));
  }
  rows.push_back(function_case(Fn::kAbs, "slope 0 at 0", {tensor_of({3}, DType::kF32, {0, -1, 1})}));
  rows.push_back(
      function_case(Fn::kPow, "a zero base and a zero exponent",
                    {tensor_of({4}, DType::kF32, {0, 0, 2, 1.5}), tensor_of({4}, DType::kF32, {2, 3, 0, 0})}));
  for (const Fn fn : {Fn::kRemainder, Fn::kFloorDivide})
    rows.push_back(function_case(fn, "every pair of signs",
                                 {tensor_of({8}, DType::kF32, {7.5, -7.5, 7.5, -7.5, 0.25, -0.25, 0.25, -0.25}),
                                  tensor_of({8}, DType::kF32, {2, 2, -2, -2, 3, 3, -3, -3})}));
  for (const Fn fn : {Fn::kRemainder, Fn::kFloorDivide})
    for (const bool huge : {false, true}) rows.push_back(quotients_case(fn, huge));
  rows.push_back(
      function_case(Fn::kAdd, "overflow keeps the low bits",
                    {tensor_of({2}, DType::kI32, {2147483647, -2147483648.0}), tensor_of({2}, DType::kI32, {1, -1})}));
  rows.push_back(function_case(Fn::kSubtract, "overflow of u8",
                               {tensor_of({2}, DType::kU8, {3, 250}), tensor_of({2}, DType::kU8, {5, 10})}));
  // a * b rounded by itself would give 0.
  OpCase once = function_case(Fn::kFma, "rounded once",
                              {tensor_of({1}, DType::kF32, {1 + 0x1p-12}), tensor_of({1}, DType::kF32, {1 + 0x1p-12}),
                               tensor_of({1}, DType::kF32, {-1 - 0x1p-11})});
  once.tolerance = 0;
  once.gradient = false;
  once.dtypes = {DType::kF32};
  rows.push_back(once);
  return rows;
}

std::vector<OpCase> pointwise_cases() {
  std::vector<OpCase> rows;
  for (auto family : {function_cases, broadcast_cases, cast_cases, draw_cases, region_cases}) {
    const std::vector<OpCase> more = family();
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

}  // namespace weft::testing
