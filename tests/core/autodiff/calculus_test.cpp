// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>

#include "core/autodiff/autodiff.h"
#include "core/ops/expr.h"
#include "tests/core/autodiff/interpreter.h"

// The one-line facts of calculus, with closed forms worked out by hand.
namespace weft::testing {
namespace {

using ops::Builder;
using ops::Ex;
using ops::Value;
using Values = std::vector<Value>;

Value input(ir::Graph& graph, const Shape& shape = {}) {
  return graph.add_input({shape, DType::kF64}, ir::InputKind::kArgument, "");
}
Array scalar(double x) { return Array({}, x); }
double number(const ir::Graph& graph, const Arrays& inputs, Value v) { return evaluate(graph, inputs, {v})[0][0]; }

TEST(Calculus, CosineOfSine) {
  ir::Graph graph;
  Builder build(graph);
  const Value at = input(graph), one = input(graph);
  const Ex x(build, at);
  const Value j = cos(sin(x * x) + like(x, 3) * x * x).value();
  const Value reverse = autodiff::backward(build, {{j}}, {{one}}, {{at}})[0];
  const Value forward = autodiff::forward(build, {{j}}, {{at}}, {{one}})[0];
  const Value reverse2 = autodiff::backward(build, {{reverse}}, {{one}}, {{at}})[0];
  const Value mixed = autodiff::forward(build, {{reverse}}, {{at}}, {{one}})[0];
  const Value forward2 = autodiff::forward(build, {{forward}}, {{at}}, {{one}})[0];
  for (const double v : {-1.3, 0.0, 0.4, 2.1}) {
    const double q = v * v, inner = std::sin(q) + 3 * q;
    const double d1 = 2 * v * (std::cos(q) + 3), d2 = 2 * (std::cos(q) + 3) - 4 * q * std::sin(q);
    const double first = -std::sin(inner) * d1, second = -std::cos(inner) * d1 * d1 - std::sin(inner) * d2;
    const Arrays in{scalar(v), scalar(1)};
    EXPECT_NEAR(number(graph, in, reverse), first, 1e-12);
    EXPECT_NEAR(number(graph, in, forward), first, 1e-12);
    for (const Value again : {reverse2, mixed, forward2}) EXPECT_NEAR(number(graph, in, again), second, 1e-11);
  }
}

TEST(Calculus, LogisticLoss) {
  ir::Graph graph;
  Builder build(graph);
  const Value w = input(graph), at = input(graph);
  const Ex z = Ex(build, w) * Ex(build, at);
  const Value loss = (-log(sigmoid(z))).value();
  const Value stable = softplus(-z).value();
  const Values one{like(z, 1).value()};
  for (const Value l : {loss, stable}) {
    const Value reverse = autodiff::backward(build, {{l}}, one, {{w}})[0];
    const Value forward = autodiff::forward(build, {{l}}, {{w}}, one)[0];
    EXPECT_NEAR(number(graph, {scalar(3), scalar(3)}, reverse), -3.7018372e-4, 1e-11);
    EXPECT_NEAR(number(graph, {scalar(3), scalar(3)}, forward), -3.7018372e-4, 1e-11);
  }
}

// y = sigmoid(w2 sigmoid(w1 x)): dy/dw1 = y (1 - y) w2 h (1 - h) x, dy/dw2 = y (1 - y) h.
TEST(Calculus, TwoLayerSigmoidNet) {
  ir::Graph graph;
  Builder build(graph);
  const Value x = input(graph), w1 = input(graph), w2 = input(graph), one = input(graph);
  const Value y = sigmoid(Ex(build, w2) * sigmoid(Ex(build, w1) * Ex(build, x))).value();
  const Values reverse = autodiff::backward(build, {{y}}, {{one}}, {{w1, w2}});
  const Value forward1 = autodiff::forward(build, {{y}}, {{w1}}, {{one}})[0];
  const Value forward2 = autodiff::forward(build, {{y}}, {{w2}}, {{one}})[0];
  const Value cross = autodiff::backward(build, {{reverse[0]}}, {{one}}, {{w2}})[0];
  const Value crossed = autodiff::forward(build, {{reverse[1]}}, {{w1}}, {{one}})[0];
  const double a = 0.7, p = -1.2, q = 0.9;
  const double h = 1 / (1 + std::exp(-p * a)), s = 1 / (1 + std::exp(-q * h));
  const Arrays in{scalar(a), scalar(p), scalar(q), scalar(1)};
  const double d1 = s * (1 - s) * q * h * (1 - h) * a, d2 = s * (1 - s) * h;
  EXPECT_NEAR(number(graph, in, reverse[0]), d1, 1e-14);
  EXPECT_NEAR(number(graph, in, forward1), d1, 1e-14);
  EXPECT_NEAR(number(graph, in, reverse[1]), d2, 1e-14);
  EXPECT_NEAR(number(graph, in, forward2), d2, 1e-14);
  // d2 = s (1 - s) h, and ds/dw1 = d1, dh/dw1 = h (1 - h) a.
  const double second = (1 - 2 * s) * d1 * h + s * (1 - s) * h * (1 - h) * a;
  EXPECT_NEAR(number(graph, in, cross), second, 1e-14);
  EXPECT_NEAR(number(graph, in, crossed), second, 1e-14);
}

// The third derivative of tanh is (6 t^2 - 2)(1 - t^2).
TEST(Calculus, ThirdDerivative) {
  ir::Graph graph;
  Builder build(graph);
  const Value x = input(graph), one = input(graph);
  Value y = build.emit("tanh", {x});
  for (int i = 0; i < 3; ++i) y = autodiff::backward(build, {{y}}, {{one}}, {{x}})[0];
  const double t = std::tanh(0.6);
  EXPECT_NEAR(number(graph, {scalar(0.6), scalar(1)}, y), (6 * t * t - 2) * (1 - t * t), 1e-13);
}

// Ties of an extremum share the cotangent; a single zero has the product of the others as its derivative.
TEST(Calculus, TiesAndZeros) {
  ir::Graph graph;
  Builder build(graph);
  const Value x = input(graph, {2, 4}), u = input(graph, {2});
  Array at({2, 4});
  at.data = {2, 0, 2, 1, 3, 0, 0, 5};
  const Arrays in{at, Array({2}, 6)};
  const ops::Attributes rows{{"axes", ir::Ints{1}}, {"keep", false}};
  const auto gradient = [&](const char* op) {
    const Value y = build.emit(op, {x}, rows);
    return evaluate(graph, in, {autodiff::backward(build, {{y}}, {{u}}, {{x}})[0]})[0].data;
  };
  EXPECT_EQ(gradient("max"), (std::vector<double>{3, 0, 3, 0, 0, 0, 0, 6}));
  EXPECT_EQ(gradient("min"), (std::vector<double>{0, 6, 0, 0, 0, 3, 3, 0}));
  EXPECT_EQ(gradient("prod"), (std::vector<double>{0, 24, 0, 0, 0, 0, 0, 0}));
}

// All third derivatives of x0 x1 x2 x3 along (1, 1, 1, 1) at (0, 0, 0, 5): 6 times the elementary symmetric polynomial
// of degree 1 has no factor but 5, so that each of the first three is 6, and the fourth is 6, too.
TEST(Calculus, FourthDerivativesOfAProductWithZeros) {
  ir::Graph graph;
  Builder build(graph);
  const Value x = input(graph, {4}), one = input(graph), ones = input(graph, {4});
  Value y = build.emit("prod", {x}, {{"axes", ir::Ints{0}}, {"keep", false}});
  Value slope = autodiff::backward(build, {{y}}, {{one}}, {{x}})[0];
  for (int i = 0; i < 3; ++i) slope = autodiff::backward(build, {{slope}}, {{ones}}, {{x}})[0];
  Array at({4});
  at.data = {0, 0, 0, 5};
  EXPECT_EQ(evaluate(graph, {at, scalar(1), Array({4}, 1)}, {slope})[0].data, (std::vector<double>{6, 6, 6, 6}));
}

}  // namespace
}  // namespace weft::testing
