// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/autodiff/autodiff.h"
#include "core/ir/verify.h"
#include "tests/core/autodiff/derivative_cases.h"
#include "tests/core/autodiff/interpreter.h"

// Every differentiable op, three ways: central differences of the interpreter, reverse mode, forward mode; and the same
// for the derivative of the reverse mode's result.
namespace weft::testing {
namespace {

using ops::Builder;
using ops::Value;
using Values = std::vector<Value>;

constexpr double kStep = 1e-5;
// Central differences err by step^2 = 1e-10 times a third derivative, and by 1e-16 / step times a value.
constexpr double kNumericError = 2e-8;
// Both modes compute the same sums of a few dozen terms in another order.
constexpr double kRounding = 1e-11;

Array random_array(const Shape& shape, double low, double high, std::uint64_t& state) {
  Array out(shape);
  for (double& x : out.data) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x = low + (high - low) * static_cast<double>(state >> 11) * 0x1p-53;
  }
  return out;
}

Arrays random_arrays(const Arrays& like, std::uint64_t& state) {
  Arrays out;
  for (const Array& x : like) out.push_back(random_array(x.shape, -1, 1, state));
  return out;
}

double dot(const Arrays& a, const Arrays& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t e = 0; e < a[i].size(); ++e) sum += a[i][e] * b[i][e];
  return sum;
}

Arrays moved(Arrays x, const Arrays& direction, double step) {
  for (std::size_t i = 0; i < x.size(); ++i)
    for (std::size_t e = 0; e < x[i].size(); ++e) x[i][e] += step * direction[i][e];
  return x;
}

Arrays concat(Arrays a, const Arrays& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// y = f(x) with its derivatives: dx = J^T u, dy = J v; and of g(x, u) = dx: J_g^T w and J_g (v, s).
class Derived {
 public:
  explicit Derived(const Case& row) : build_(graph_) {
    std::uint64_t state = 11;
    for (const Shape& shape : row.shapes) at.push_back(random_array(shape, row.low, row.high, state));
    const Values x = inputs(at);
    for (const Value v : row.build(build_, x))
      if (is_floating(build_.dtype(v))) y_.push_back(v);
    value = evaluate(graph_, at, y_);
    const Values u = inputs(value), v = inputs(at);
    dx_ = autodiff::backward(build_, y_, u, x);
    dy_ = autodiff::forward(build_, y_, x, v);
    const Values w = inputs(at), s = inputs(value);
    Values xu = x, vs = v;
    xu.insert(xu.end(), u.begin(), u.end());
    vs.insert(vs.end(), s.begin(), s.end());
    dxu_ = autodiff::backward(build_, dx_, w, xu);
    ddx_ = autodiff::forward(build_, dx_, xu, vs);
    ir::verify(graph_, ops::infer_node);
  }

  Arrays f(const Arrays& x) { return evaluate_at(y_, value, {x, zeros(value), zeros(at), zeros(at), zeros(value)}); }
  Arrays pull(const Arrays& x, const Arrays& u) {
    return evaluate_at(dx_, at, {x, u, zeros(at), zeros(at), zeros(value)});
  }
  Arrays push(const Arrays& x, const Arrays& v) {
    return evaluate_at(dy_, value, {x, zeros(value), v, zeros(at), zeros(value)});
  }
  Arrays second_pull(const Arrays& x, const Arrays& u, const Arrays& w) {
    return evaluate_at(dxu_, concat(at, value), {x, u, zeros(at), w, zeros(value)});
  }
  Arrays second_push(const Arrays& x, const Arrays& u, const Arrays& v, const Arrays& s) {
    return evaluate_at(ddx_, at, {x, u, v, zeros(at), s});
  }

  Arrays at, value;

 private:
  Values inputs(const Arrays& like) {
    Values out;
    for (const Array& a : like) out.push_back(graph_.add_input({a.shape, DType::kF64}, ir::InputKind::kArgument, ""));
    return out;
  }
  static Arrays zeros(const Arrays& like) {
    Arrays out;
    for (const Array& a : like) out.emplace_back(a.shape);
    return out;
  }
  // An undefined derivative is zero.
  Arrays evaluate_at(const Values& values, const Arrays& like, std::initializer_list<Arrays> inputs) {
    Arrays all;
    for (const Arrays& part : inputs) all = concat(std::move(all), part);
    Values defined;
    for (const Value v : values)
      if (v.defined()) defined.push_back(v);
    const Arrays results = evaluate(graph_, all, defined);
    Arrays out = zeros(like);
    std::size_t next = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      if (values[i].defined()) out[i] = results[next++];
    return out;
  }

  ir::Graph graph_;
  Builder build_;
  Values y_, dx_, dy_, dxu_, ddx_;
};

bool finite(const Arrays& arrays) {
  for (const Array& a : arrays)
    for (const double x : a.data)
      if (!std::isfinite(x)) return false;
  return true;
}

void expect_near(double got, double wanted, double error, const std::string& what) {
  EXPECT_NEAR(got, wanted, error * std::max(1.0, std::abs(wanted))) << what;
}

// One column of the Jacobian per element of x: J e_k by differences, by forward mode, and by J^T e_r for every row r.
void check_jacobian(Derived& d, const std::string& name) {
  Arrays direction;
  for (const Array& a : d.at) direction.emplace_back(a.shape);
  for (std::size_t i = 0; i < d.at.size(); ++i)
    for (std::size_t e = 0; e < d.at[i].size(); ++e) {
      direction[i][e] = 1;
      const Arrays above = d.f(moved(d.at, direction, kStep)), below = d.f(moved(d.at, direction, -kStep));
      const Arrays column = d.push(d.at, direction);
      direction[i][e] = 0;
      Arrays unit;
      for (const Array& a : d.value) unit.emplace_back(a.shape);
      for (std::size_t j = 0; j < d.value.size(); ++j)
        for (std::size_t r = 0; r < d.value[j].size(); ++r) {
          const std::string where = name + ": d y" + std::to_string(j) + "[" + std::to_string(r) + "] / d x" +
                                    std::to_string(i) + "[" + std::to_string(e) + "]";
          unit[j][r] = 1;
          const double reverse = d.pull(d.at, unit)[i][e];
          unit[j][r] = 0;
          expect_near(reverse, (above[j][r] - below[j][r]) / (2 * kStep), kNumericError, where);
          expect_near(column[j][r], reverse, kRounding, where + ", forward");
        }
    }
}

void check_second(Derived& d, const std::string& name) {
  std::uint64_t state = 5;
  for (int trial = 0; trial < 3; ++trial) {
    const Arrays u = random_arrays(d.value, state), v = random_arrays(d.at, state);
    const Arrays w = random_arrays(d.at, state), s = random_arrays(d.value, state);
    const Arrays above = d.pull(moved(d.at, v, kStep), moved(u, s, kStep));
    const Arrays below = d.pull(moved(d.at, v, -kStep), moved(u, s, -kStep));
    const double numeric = (dot(w, above) - dot(w, below)) / (2 * kStep);
    const double reverse = dot(d.second_pull(d.at, u, w), concat(v, s));
    expect_near(reverse, numeric, kNumericError, name + ": reverse of reverse");
    expect_near(dot(w, d.second_push(d.at, u, v, s)), reverse, kRounding, name + ": forward of reverse");
  }
}

void check(const Case& row) {
  Derived d(row);
  ASSERT_TRUE(finite(d.value)) << row.name;
  check_jacobian(d, row.name);
  check_second(d, row.name);
}

TEST(Derivatives, OfStructuredOps) {
  for (const Case& row : structured_cases()) {
    SCOPED_TRACE(row.name);
    check(row);
  }
}

TEST(Derivatives, OfElementwiseFunctions) {
  for (const Case& row : elementwise_cases()) {
    SCOPED_TRACE(row.name);
    check(row);
  }
}

TEST(Derivatives, EveryDifferentiableOpHasARow) {
  std::set<std::string> rows;
  for (const Case& row : structured_cases()) rows.insert(row.name);
  for (const Case& row : elementwise_cases()) rows.insert(row.name);
  for (const std::string& name : ops::builtin_ops())
    EXPECT_EQ(rows.contains(name), ops::find_op(ops::OpId::of(name)).differentiable) << name;
}

}  // namespace
}  // namespace weft::testing
