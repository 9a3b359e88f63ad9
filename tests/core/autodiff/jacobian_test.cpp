// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "tests/core/autodiff/derived.h"

// Every differentiable op, three ways: central differences of the interpreter, reverse mode, forward mode; and the same
// for the derivative of the reverse mode's result.
namespace weft::testing {
namespace {

constexpr double kStep = 1e-5;
// Central differences err by step^2 = 1e-10 times a third derivative, and by 1e-16 / step times a value.
constexpr double kNumericError = 2e-8;
// Both modes compute the same sums of a few dozen terms in another order.
constexpr double kRounding = 1e-11;

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
