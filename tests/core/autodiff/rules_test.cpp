// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/autodiff/autodiff.h"
#include "core/base/check.h"
#include "core/ir/print.h"
#include "core/ops/build.h"
#include "tests/core/autodiff/interpreter.h"

// Tests of gradient rules: the values that they see, the nodes at which differentiation stops, and refusals.
namespace weft::testing {
namespace {

using ops::Attributes;
using ops::Builder;
using ops::GradientCall;
using ops::OpId;
using ops::Reads;
using ops::Value;
using Values = std::vector<Value>;

struct Fixture : ::testing::Test {
  Value input(const Shape& shape = {2}, DType dtype = DType::kF64) {
    return graph.add_input({shape, dtype}, ir::InputKind::kArgument, "");
  }
  Values backward(Value y, Values wrt) {
    const Value u = input(build.shape(y));
    return autodiff::backward(build, {{y}}, {{u}}, wrt);
  }
  // An op y = x * x whose rule, dx = 2 x dy, reads x.
  static void define_square(const std::string& name, Reads reads, bool with_rule = true) {
    ops::OpDef def;
    def.facts = ops::opaque_facts();
    def.name = name;
    def.infer = [](std::span<const TensorSpec> in, const Attributes&) { return std::vector<TensorSpec>{in[0]}; };
    def.reads = reads;
    if (with_rule)
      def.gradient = [](const GradientCall& call) -> Values {
        const Value product = call.build.emit("multiply", {call.inputs[0], call.cotangents[0]});
        return {call.build.emit("add", {product, product})};
      };
    ops::register_op(def);
  }

  ir::Graph graph;
  Builder build{graph};
};

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

using Rules = Fixture;

TEST_F(Rules, SeeOnlyWhatTheOpDeclares) {
  define_square("test::shy_square", Reads::kNothing);
  const Value x = input();
  build.set_path("model.3");
  const Value y = build.emit("test::shy_square", {x});
  EXPECT_EQ(message_of([&] { backward(y, {x}); }),
            "[multiply] model.3: input 0 is undefined; a gradient rule may use only the values that its op declares in "
            "`reads`");
  EXPECT_EQ(current_path(), "");
  EXPECT_EQ(build.path(), "model.3");
}

// A rule is enough for forward mode and for second derivatives.
TEST_F(Rules, OfUsersServeBothModes) {
  define_square("test::square", Reads::kInputs);
  const Value x = input(), v = input();
  const Value y = build.emit("test::square", {x});
  const Value dy = autodiff::forward(build, {{y}}, {{x}}, {{v}})[0];
  const Value ddy = autodiff::forward(build, {{dy}}, {{x}}, {{v}})[0];
  Array at({2}), direction({2});
  at.data = {3, -1};
  direction.data = {0.5, 2};
  const Arrays out = evaluate(graph, {at, direction}, {dy, ddy});
  EXPECT_EQ(out[0].data, (std::vector<double>{3, -4}));
  EXPECT_EQ(out[1].data, (std::vector<double>{0.5, 8}));
}

TEST_F(Rules, AreMissedByName) {
  define_square("test::bare_square", Reads::kInputs, false);
  const Value x = input(), v = input();
  const Value y = build.emit("test::bare_square", {x});
  EXPECT_EQ(message_of([&] { backward(y, {x}); }), "[test::bare_square] has no gradient");
  EXPECT_EQ(message_of([&] { autodiff::forward(build, {{y}}, {{x}}, {{v}}); }), "[test::bare_square] has no gradient");
  EXPECT_FALSE(backward(y, {v})[0].defined()) << "nothing is asked of an op that wrt does not reach";
}

TEST_F(Rules, MustFitTheirInputs) {
  ops::OpDef def;
  def.facts = ops::opaque_facts();
  def.name = "test::misfit";
  def.infer = [](std::span<const TensorSpec>, const Attributes&) { return std::vector<TensorSpec>{{{}, DType::kF64}}; };
  def.gradient = [](const GradientCall& call) -> Values { return {call.cotangents[0]}; };
  ops::register_op(def);
  const Value x = input();
  const Value y = build.emit("test::misfit", {x});
  EXPECT_EQ(message_of([&] { backward(y, {x}); }),
            "[test::misfit] the gradient rule gave f64() for input 0, which is f64(2,)");
}

TEST_F(Rules, CarryTheLayerPathOfTheirNode) {
  const Value x = input();
  build.set_path("net.fc");
  const Value y = build.emit("tanh", {x});
  build.set_path("elsewhere");
  const Value dx = backward(y, {x})[0];
  EXPECT_EQ(graph.node(dx).path, "net.fc");
  EXPECT_EQ(build.path(), "elsewhere");
}

using Flow = Fixture;

TEST_F(Flow, StopsWhereNothingIsDifferentiable) {
  const Value x = input();
  const Value stopped = build.emit("multiply", {x, build.emit("stop_gradient", {x})});
  const Value rounded = build.emit("floor", {x});
  const Value whole = ops::cast(build, ops::cast(build, x, DType::kI32), DType::kF64);
  EXPECT_FALSE(backward(rounded, {x})[0].defined());
  EXPECT_FALSE(backward(whole, {x})[0].defined());
  const Value dx = backward(stopped, {x})[0];
  Array at({2}, 3);
  EXPECT_EQ(evaluate(graph, {at, at, at, Array({2}, 1)}, {dx})[0].data, (std::vector<double>{3, 3}));
}

TEST_F(Flow, LeavesTheUnreachedUndefined) {
  const Value x = input(), other = input(), y = build.emit("exp", {x});
  const Values d = backward(y, {x, other});
  EXPECT_TRUE(d[0].defined());
  EXPECT_FALSE(d[1].defined());
  EXPECT_FALSE(autodiff::forward(build, {{y}}, {{other}}, {{x}})[0].defined());
  EXPECT_FALSE(autodiff::backward(build, {{y}}, {{Value{}}}, {{x}})[0].defined()) << "no cotangent is zero";
}

TEST_F(Flow, VisitsOnlyWhatLiesBetween) {
  const Value x = input(), w = input();
  const Value hidden = build.emit("exp", {x}), y = build.emit("multiply", {hidden, w});
  const Value dw = backward(y, {w})[0];
  EXPECT_EQ(graph.nodes.size(), 6u) << ir::print(graph);  // x, w, hidden, y, dy and one product
  EXPECT_EQ(graph.node(dw).op.name(), "multiply");
}

TEST_F(Flow, GoesThroughValuesThatAreAskedForThemselves) {
  const Value x = input(), h = build.emit("square", {x}), y = build.emit("square", {h});
  const Values d = backward(y, {h, x});
  Array at({2}, 2);
  const Arrays out = evaluate(graph, {at, Array({2}, 1)}, d);
  EXPECT_EQ(out[0][0], 8);
  EXPECT_EQ(out[1][0], 32);
}

TEST_F(Flow, AddsUpInOneOrder) {
  const auto text = [] {
    ir::Graph g;
    Builder b(g);
    const Value x = g.add_input({{2}, DType::kF32}, ir::InputKind::kArgument, "x");
    const Value y = b.emit("add", {b.emit("multiply", {b.emit("sin", {x}), b.emit("cos", {x})}), b.emit("exp", {x})});
    autodiff::backward(b, {{y}}, {{y}}, {{x}});
    return ir::print(g);
  };
  EXPECT_EQ(text(), text());
}

TEST_F(Flow, ChecksItsArguments) {
  const Value x = input(), y = build.emit("exp", {x}), wide = input({3});
  EXPECT_EQ(message_of([&] { autodiff::backward(build, {{y}}, {{wide}}, {{x}}); }),
            "[backward] cotangent 0 is f64(3,), its value is f64(2,)");
  EXPECT_EQ(message_of([&] { autodiff::forward(build, {{y}}, {{x}}, {{wide}}); }),
            "[forward] tangent 0 is f64(3,), its value is f64(2,)");
  EXPECT_EQ(message_of([&] { autodiff::backward(build, {{y}}, {}, {{x}}); }),
            "[backward] was given 1 values and 0 cotangents");
}

}  // namespace
}  // namespace weft::testing
