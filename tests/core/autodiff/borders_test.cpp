// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include "core/ops/build.h"
#include "core/ops/expr.h"
#include "core/scalar/functions.h"
#include "tests/core/autodiff/derived.h"

// First and second derivatives of every op at zeros, ties and borders of its domain, beside differences to the left and
// to the right of the point.
namespace weft::testing {
namespace {

using ops::Builder;
using ops::Ex;
using ops::Value;
using Values = std::vector<Value>;

constexpr double kStep = 1e-5;
// One-sided differences err by step times a second derivative of up to 50.
constexpr double kError = 1e-3;

bool close(double a, double b) { return std::abs(a - b) <= kError * std::max(1.0, std::abs(b)); }

// A function at a point and beside it, along one direction.
struct Samples {
  double at, left, left_near, right, right_near;
};

// The derivative from one side, if differences converge to one.
std::optional<double> one_sided(double at, double far, double near, double side) {
  const double coarse = (far - at) / (side * kStep), fine = (near - at) / (side * kStep / 16);
  return std::isfinite(coarse) && std::isfinite(fine) && close(coarse, fine) ? std::optional(fine) : std::nullopt;
}
std::optional<double> left_of(const Samples& f) { return one_sided(f.at, f.left, f.left_near, -1); }
std::optional<double> right_of(const Samples& f) { return one_sided(f.at, f.right, f.right_near, 1); }

// Calls f at the five points along a direction.
template <class F>
auto sampled(const F& f, const Arrays& point, const Arrays& along) {
  std::vector<decltype(f(point))> out;
  for (const double step : {0.0, -kStep, -kStep / 16, kStep, kStep / 16}) out.push_back(f(moved(point, along, step)));
  return out;
}

// Checks a derivative. It is that of both sides; of the only one where there is one; between the two at a kink, unless
// `ordered`: ties that are sorted have an order of their own. Differences tell nothing at a jump.
void expect_derivative(double got, const Samples& f, bool ordered, const std::function<std::string()>& what) {
  std::optional<double> left = left_of(f), right = right_of(f);
  if (!left && !right) return;
  if (!left) left = right;
  if (!right) right = left;
  const double low = std::min(*left, *right), high = std::max(*left, *right);
  if (ordered && !close(low, high)) return;
  const double error = kError * std::max({1.0, std::abs(low), std::abs(high)});
  EXPECT_TRUE(got >= low - error && got <= high + error)
      << what() << " is " << got << "; differences give " << low << " and " << high;
}

Arrays unit(const Arrays& like, std::size_t i, std::size_t e) {
  Arrays out;
  for (const Array& a : like) out.emplace_back(a.shape);
  out[i][e] = 1;
  return out;
}

bool finite(const Arrays& arrays) {
  for (const Array& a : arrays)
    for (const double x : a.data)
      if (!std::isfinite(x)) return false;
  return true;
}

std::string text(const Arrays& arrays) {
  std::string out;
  for (const Array& a : arrays) {
    out += out.empty() ? "(" : "; ";
    for (const double x : a.data) out += std::to_string(x) + " ";
  }
  return out + ")";
}

// The derivatives of sum(u f(x)) by each element, and of those by each element, by every combination of modes.
class Borders {
 public:
  Borders(const Case& row, const Arrays& point)
      : d_(row, point), name_(row.name + " at " + text(point)), ordered_(row.name == "sort" || row.name == "topk") {
    double next = 0.5;
    for (const Array& a : d_.value) {
      u_.emplace_back(a.shape);
      for (double& x : u_.back().data) x = next += 0.25;
    }
    for (const Array& a : d_.value) still_.emplace_back(a.shape);
  }

  void check() {
    if (!finite(d_.value)) return;
    for_each([&](std::size_t k, std::size_t e) { first_.push_back(first_samples(unit(d_.at, k, e))); });
    // An element without a derivative, such as that of sqrt at 0, makes 0 times infinity of all others.
    for (const Samples& f : first_)
      if (!left_of(f) && !right_of(f)) return;
    check_first();
    check_second();
  }

 private:
  void for_each(const std::function<void(std::size_t, std::size_t)>& f) const {
    for (std::size_t k = 0; k < d_.at.size(); ++k)
      for (std::size_t e = 0; e < d_.at[k].size(); ++e) f(k, e);
  }
  static std::string by(std::size_t k, std::size_t e) {
    return " by " + std::to_string(k) + "[" + std::to_string(e) + "]";
  }
  Samples first_samples(const Arrays& along) {
    const auto f = sampled([&](const Arrays& x) { return dot(u_, d_.f(x)); }, d_.at, along);
    return {f[0], f[1], f[2], f[3], f[4]};
  }

  void check_first() {
    const Arrays reverse = d_.pull(d_.at, u_);
    std::size_t next = 0;
    for_each([&](std::size_t k, std::size_t e) {
      const Samples& f = first_[next++];
      const double forward = dot(u_, d_.push(d_.at, unit(d_.at, k, e)));
      expect_derivative(reverse[k][e], f, ordered_, [&] { return name_ + ": reverse" + by(k, e); });
      expect_derivative(forward, f, ordered_, [&] { return name_ + ": forward" + by(k, e); });
    });
  }

  void check_second() {
    std::vector<Arrays> reverse, mixed;  // per row of the matrix of second derivatives
    for_each([&](std::size_t i, std::size_t j) {
      const Arrays w = unit(d_.at, i, j);
      reverse.push_back(d_.second_pull(d_.at, u_, w));
      mixed.push_back(d_.pull_of_push(d_.at, w, u_));
    });
    for_each([&](std::size_t k, std::size_t e) {
      const Arrays along = unit(d_.at, k, e), column = d_.second_push(d_.at, u_, along, still_);
      const auto near = sampled([&](const Arrays& x) { return d_.pull(x, u_); }, d_.at, along);
      std::size_t row = 0;
      for_each([&](std::size_t i, std::size_t j) {
        const Samples f{near[0][i][j], near[1][i][j], near[2][i][j], near[3][i][j], near[4][i][j]};
        const auto what = [&](const char* modes) {
          return [=, this] { return name_ + ": " + modes + by(i, j) + " and" + by(k, e); };
        };
        expect_derivative(reverse[row][k][e], f, ordered_, what("reverse over reverse"));
        expect_derivative(mixed[row][k][e], f, ordered_, what("reverse over forward"));
        expect_derivative(column[i][j], f, ordered_, what("forward over reverse"));
        ++row;
      });
    });
  }

  Derived d_;
  std::string name_;
  bool ordered_;
  Arrays u_, still_;
  std::vector<Samples> first_;
};

void check_at(const Case& row, const Arrays& point) { Borders(row, point).check(); }

// Calls f with every choice of one number per argument.
void each_choice(std::size_t arguments, const std::vector<double>& numbers, const std::function<void(Arrays)>& f) {
  std::vector<std::size_t> at(arguments, 0);
  for (;;) {
    Arrays point;
    for (const std::size_t a : at) point.emplace_back(Shape{}, numbers[a]);
    f(std::move(point));
    std::size_t i = 0;
    for (; i < arguments && ++at[i] == numbers.size(); ++i) at[i] = 0;
    if (i == arguments) return;
  }
}

TEST(DerivativesAtBorders, OfElementwiseFunctions) {
  for (int i = 0; i < kFnCount; ++i) {
    const Fn fn = static_cast<Fn>(i);
    if (!facts_of(fn).smooth) continue;
    const auto arguments = static_cast<std::size_t>(arity(fn));
    const Case row{name_of(fn), std::vector<Shape>(arguments), [fn](Builder& b, Values x) -> Values {
                     if (fn == Fn::kWhere) x[0] = b.emit("greater", {x[0], ops::full(b, {}, DType::kF64, 0.6)});
                     return {b.emit(name_of(fn), x)};
                   }};
    // A negative base has no power beside a whole exponent.
    std::vector<double> numbers{0, 0.5, 1, 2};
    if (fn != Fn::kPow) numbers.insert(numbers.end(), {-1, -2});
    each_choice(arguments, numbers, [&](Arrays point) { check_at(row, point); });
  }
}

TEST(DerivativesAtBorders, OfStructuredOps) {
  const std::vector<double> numbers{0, 1, 0, -1, 2, 1};
  for (const Case& row : structured_cases())
    for (std::uint64_t trial = 0; trial < 4; ++trial) {
      Arrays point;
      std::uint64_t state = trial;
      for (const Shape& shape : row.shapes) {
        point.emplace_back(shape);
        for (double& x : point.back().data) {
          state = state * 6364136223846793005u + 1442695040888963407u;
          x = numbers[(state >> 33) % numbers.size()];
        }
      }
      check_at(row, point);
    }
}

// sqrt(g(x)) for every g that selects: the slope of sqrt is infinite where nothing of x is selected.
TEST(DerivativesAtBorders, SelectionsSelectProducts) {
  const auto number = [](const Ex& x, double value) { return like(x, value); };
  const std::vector<std::pair<const char*, std::function<Ex(const Ex&)>>> selections{
      {"maximum", [&](const Ex& x) { return maximum(x, number(x, 0)); }},
      {"maximum, the other way round", [&](const Ex& x) { return maximum(number(x, 0), x); }},
      {"minimum", [&](const Ex& x) { return -minimum(-x, number(x, 0)); }},
      {"relu", [&](const Ex& x) { return relu(x); }},
      {"clamp", [&](const Ex& x) { return clamp(x, number(x, 0), number(x, 9)); }},
      {"bound of clamp", [&](const Ex& x) { return clamp(number(x, 0), x - number(x, 9), x); }},
      {"where", [&](const Ex& x) { return select(x > number(x, 0), x, number(x, 0)); }},
      {"negative of minimum", [&](const Ex& x) { return maximum(-minimum(-x, number(x, 0)), number(x, 0)); }},
      {"maximum of maxima",
       [&](const Ex& x) { return maximum(maximum(x, number(x, 0)), number(x, 0) - number(x, 1)); }},
  };
  for (const auto& selection : selections) {
    const Case row{std::string("sqrt of ") + selection.first, {Shape{}}, [&](Builder& b, const Values& x) -> Values {
                     return {sqrt(selection.second(Ex(b, x[0]))).value()};
                   }};
    for (const double x : {-1.0, 4.0}) {
      SCOPED_TRACE(selection.first);
      check_at(row, {Array({}, x)});
    }
  }
}

// where(x > 0, f(x), 0) for every f with an infinite slope at 0: nothing of f is selected at 0 and left of it.
TEST(DerivativesAtBorders, WhatIsNotSelectedHasNoSlope) {
  for (const Fn fn : {Fn::kSqrt, Fn::kLog, Fn::kPow}) {
    const Case row{std::string("where of ") + name_of(fn), {Shape{}}, [fn](Builder& b, const Values& x) -> Values {
                     const Ex at(b, x[0]), zero = like(at, 0);
                     Values inputs = x;
                     if (fn == Fn::kPow) inputs.push_back(like(at, 0.5).value());
                     const Ex y(b, b.emit(name_of(fn), inputs));
                     return {select(at > zero, y, zero).value()};
                   }};
    Derived d(row, {Array({}, 0)});
    const Arrays one{Array({}, 1)};
    EXPECT_EQ(d.pull(d.at, one)[0][0], 0) << row.name;
    EXPECT_EQ(d.second_pull(d.at, one, one)[0][0], 0) << row.name;
    EXPECT_EQ(d.second_push(d.at, one, one, {Array({}, 0)})[0][0], 0) << row.name;
    check_at(row, {Array({}, 4)});
  }
}

// The subgradients that the public headers document: the first derivative of f(x, 1) by x at `at`.
TEST(DerivativesAtBorders, DocumentedSubgradients) {
  struct Row {
    const char* op;
    double at, slope;
    bool pair = false;
  };
  for (const Row& r :
       {Row{"relu", 0, 0}, Row{"abs", 0, 0}, Row{"maximum", 1, 0.5, true}, Row{"minimum", 1, 0.5, true}}) {
    const Case row{r.op, {Shape{}}, [&](Builder& b, Values x) -> Values {
                     if (r.pair) x.push_back(ops::full(b, {}, DType::kF64, 1));
                     return {b.emit(r.op, x)};
                   }};
    Derived d(row, {Array({}, r.at)});
    EXPECT_EQ(d.pull(d.at, {Array({}, 1)})[0][0], r.slope) << r.op;
    // An infinite cotangent is selected, not multiplied: sqrt(relu(x)) at 0 has slope 0.
    if (r.slope == 0) {
      EXPECT_EQ(d.pull(d.at, {Array({}, INFINITY)})[0][0], 0) << r.op;
    }
  }
}

// v^T H for the product of (0, 3, 5): every second derivative has a factor that is not 0.
TEST(DerivativesAtBorders, SecondDerivativesOfAProductWithAZero) {
  const Case row{"prod", {{3}}, [](Builder& b, const Values& x) -> Values {
                   return {b.emit("prod", x, {{"axes", ir::Ints{0}}, {"keep", false}})};
                 }};
  Array at({3}), v({3});
  at.data = {0, 3, 5};
  v.data = {1, 2, 4};
  Derived d(row, {at});
  const Arrays one{Array({}, 1)}, none{Array({}, 0)};
  const std::vector<double> wanted{22, 5, 3};
  EXPECT_EQ(d.second_pull({at}, one, {v})[0].data, wanted);
  EXPECT_EQ(d.second_push({at}, one, {v}, none)[0].data, wanted);
  EXPECT_EQ(d.pull_of_push({at}, {v}, one)[0].data, wanted);
}

// log sum exp of elements that are all -inf is -inf, in which none has a share.
TEST(DerivativesAtBorders, LogSumExpOfNothing) {
  const Case row{"logsumexp", {{2}}, [](Builder& b, const Values& x) -> Values {
                   return {b.emit("logsumexp", x, {{"axes", ir::Ints{0}}, {"keep", false}})};
                 }};
  Derived d(row, {Array({2}, -INFINITY)});
  EXPECT_EQ(d.pull(d.at, {Array({}, 1)})[0].data, (std::vector<double>{0, 0}));
}

}  // namespace
}  // namespace weft::testing
