// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "core/base/check.h"
#include "core/ir/print.h"
#include "core/ops/expr.h"
#include "core/ops/op.h"
#include "core/ops/pointwise.h"
#include "core/scalar/functions.h"

namespace weft::testing {
using namespace ops;
namespace {

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "nothing was thrown";
}

OpDef named(std::string name) {
  return {.name = std::move(name),
          .infer = [](std::span<const TensorSpec> in, const Attributes&) -> std::vector<TensorSpec> { return {in[0]}; },
          .facts = opaque_facts()};
}

TEST(Registry, ListsBuiltInOpsOnce) {
  const std::vector<std::string> names = builtin_ops();
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  for (const std::string& name : names) EXPECT_EQ(find_op(OpId::of(name)).name, name);
}

// An op has a way to be differentiated, or says that it has no derivative.
TEST(Registry, KnowsHowEveryOpIsDifferentiated) {
  for (const std::string& name : builtin_ops()) {
    const OpDef& def = find_op(OpId::of(name));
    const bool way = def.gradient || def.decompose || name == "pointwise" || base_of_epilogue(OpId::of(name));
    EXPECT_EQ(way, def.differentiable) << name;
    const bool partial = def.gradient_outputs != ~0u || def.gradient_inputs != ~0u;
    EXPECT_TRUE(!partial || def.decompose) << name;
  }
}

TEST(Registry, RefusesWhatItCannotHold) {
  EXPECT_EQ(message_of([] { find_op(OpId::of("tnah")); }), "[tnah] no op of this name is registered");
  EXPECT_EQ(message_of([] { find_op(OpId()); }), "a node has no op");
  EXPECT_EQ(message_of([] { register_op(named("tanh")); }), "[tanh] an op of this name is registered already");
  EXPECT_EQ(message_of([] { register_op({.name = "test::ruleless", .infer = {}, .facts = opaque_facts()}); }),
            "[test::ruleless] an op needs a name and a shape rule");
  register_op(named("test::twice"));
  EXPECT_THROW(register_op(named("test::twice")), ValueError);
}

std::string refusal_without(void (*leave_out)(OpFacts&)) {
  return message_of([&] {
    OpDef def = named("test::incomplete");
    leave_out(def.facts);
    register_op(std::move(def));
  });
}

TEST(Registry, RefusesAnOpThatLeavesOutAFact) {
  const std::pair<const char*, void (*)(OpFacts&)> rows[] = {
      {"kind", [](OpFacts& facts) { facts.kind = {}; }},
      {"flops", [](OpFacts& facts) { facts.flops = {}; }},
      {"bytes_read", [](OpFacts& facts) { facts.bytes_read = {}; }},
      {"alias", [](OpFacts& facts) { facts.alias = {}; }},
      {"parts", [](OpFacts& facts) { facts.parts = {}; }},
      {"in_place", [](OpFacts& facts) { facts.in_place = {}; }},
      {"rows", [](OpFacts& facts) { facts.rows = {}; }},
      {"half", [](OpFacts& facts) { facts.half = {}; }},
      {"runs", [](OpFacts& facts) { facts.runs = {}; }},
      {"epilogue", [](OpFacts& facts) { facts.epilogue = {}; }},
      {"library_epilogue", [](OpFacts& facts) { facts.library_epilogue = {}; }},
  };
  for (const auto& [fact, leave_out] : rows)
    EXPECT_EQ(refusal_without(leave_out), "[test::incomplete] the op leaves out the fact '" + std::string(fact) +
                                              "'; opaque_facts() has the safe answer to each");
  EXPECT_EQ(missing_fact(OpFacts()), "kind");
  EXPECT_EQ(refusal_without([](OpFacts&) {}), "nothing was thrown");
}

TEST(Registry, IsSharedByThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([t] {
      for (int i = 0; i < 100; ++i) {
        const std::string name = "test::thread" + std::to_string(t) + "_" + std::to_string(i);
        const OpDef& tanh = find_op(OpId::of("tanh"));
        register_op(named(name));
        EXPECT_EQ(find_op(OpId::of(name)).name, name);
        EXPECT_EQ(tanh.name, "tanh");
      }
    });
  for (std::thread& thread : threads) thread.join();
}

struct Fixture : ::testing::Test {
  Value input(const Shape& shape, DType dtype = DType::kF32) {
    return graph.add_input({shape, dtype}, ir::InputKind::kArgument, "");
  }
  ir::Graph graph;
  Builder build{graph};
};

using BuilderOf = Fixture;

TEST_F(BuilderOf, GivesAllOutputs) {
  const std::vector<Value> out =
      build.emit_all(OpId::of("sort"), {input({2, 3})}, {{"axis", std::int64_t{1}}, {"descending", false}});
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(build.spec(out[0]).text(), "f32(2, 3)");
  EXPECT_EQ(build.spec(out[1]).text(), "i64(2, 3)");
}

TEST_F(BuilderOf, MarksNodesWithTheLayer) {
  const Value x = input({2});
  set_current_path("running.layer");
  EXPECT_EQ(graph.node(build.emit("exp", {x})).path, "running.layer");
  build.set_path("given");
  EXPECT_EQ(graph.node(build.emit("exp", {x})).path, "given");
  set_current_path("");
}

TEST_F(BuilderOf, AddsNothingWhenARuleThrows) {
  const Value x = input({2});
  EXPECT_THROW(build.emit("add", {x, input({3})}), ShapeError);
  EXPECT_THROW(build.emit("add", {x, Value{}}), Error);
  EXPECT_EQ(graph.nodes.size(), 2u);
}

using Expression = Fixture;

TEST_F(Expression, FoldsNumbers) {
  const Ex x(build, input({2}));
  EXPECT_EQ((like(x, 3) * like(x, 4) - like(x, 2)).constant(), 10.0);
  EXPECT_EQ((like(x, 1) * x).value(), x.value());
  EXPECT_EQ((x * like(x, 1)).value(), x.value());
  EXPECT_EQ((x / like(x, 1)).value(), x.value());
  EXPECT_EQ(graph.nodes.size(), 1u);
  EXPECT_EQ(graph.node((like(x, -1) * x).value()).op.name(), "negative");
}

TEST_F(Expression, ConstantsBroadcastFromRankZero) {
  const Ex x(build, input({2}, DType::kBF16));
  const Value y = (x + like(x, 2.5)).value();
  EXPECT_EQ(ir::print_node(graph, 1), "%1 = full() {dtype=bf16, shape=[], value=2.5} : bf16()");
  EXPECT_EQ(build.spec(y).text(), "bf16(2,)");
}

TEST_F(Expression, ComparisonsAreNodesToo) {
  const Ex x(build, input({2}));
  const Value y = select(x > like(x, 0) && !(x == like(x, 1)), x, -x).value();
  EXPECT_EQ(graph.node(y).op.name(), "where");
  EXPECT_EQ(build.dtype(graph.node(y).inputs[0]), DType::kBool);
}

TEST_F(Expression, MayKnowItsTypeAlone) {
  const Ex unread(build, Value{}, DType::kF64);
  EXPECT_EQ(build.dtype(like(unread, 2).value()), DType::kF64);
  EXPECT_EQ(message_of([&] { static_cast<void>(unread * unread); }),
            "[multiply] input 0 is undefined; a gradient rule may use only the values that its op declares in `reads`");
}

using Pointwise = Fixture;

TEST_F(Pointwise, TakesItsSpecsFromItsBody) {
  auto body = std::make_shared<Graph>();
  Builder inner(*body);
  const Value p = body->add_input({{2, 1}, DType::kF32}, ir::InputKind::kArgument, "");
  const Value q = body->add_input({{3}, DType::kF32}, ir::InputKind::kArgument, "");
  body->outputs = {{inner.emit("less", {p, q})}, {inner.emit("add", {p, q})}};
  const Value a = input({2, 1}), b = input({3});
  const std::vector<Value> out = emit_pointwise(build, {a, b}, body);
  EXPECT_EQ(build.spec(out[0]).text(), "bool(2, 3)");
  EXPECT_EQ(build.spec(out[1]).text(), "f32(2, 3)");
  EXPECT_EQ(message_of([&] {
              emit_pointwise(build, {b, b}, body);
            }),
            "[pointwise] input 0 is f32(3,), the body takes f32(2, 1)");
  EXPECT_EQ(message_of([&] { emit_pointwise(build, {a}, body); }),
            "[pointwise] takes the body's 2 inputs, was given 1");
  const std::vector<Value> flat = inline_body(build, *body, std::vector<Value>{a, b});
  EXPECT_EQ(graph.node(flat[0]).op.name(), "less");
  EXPECT_EQ(graph.node(flat[1]).inputs, (std::vector<Value>{a, b}));
}

TEST(Functions, AreFoundByName) {
  EXPECT_EQ(fn_of("tanh"), Fn::kTanh);
  EXPECT_EQ(fn_of("matmul"), std::nullopt);
}

}  // namespace
}  // namespace weft::testing
