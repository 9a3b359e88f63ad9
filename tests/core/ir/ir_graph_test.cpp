// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <thread>

#include "core/ir/compare.h"
#include "core/ir/graphviz.h"
#include "core/ir/print.h"
#include "core/ir/prune.h"
#include "core/ir/read.h"
#include "core/ir/verify.h"
#include "tests/core/ir/texts.h"
#include "weft/error.h"

namespace weft::testing {
using namespace ir;
namespace {

std::string rejection(const Graph& g, const Infer& infer = {}) {
  try {
    verify(g, infer);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(OpId, NamesAreInternedFromEveryThread) {
  std::vector<std::vector<OpId>> ids(4);
  {
    std::vector<std::thread> threads;
    for (auto& mine : ids)
      threads.emplace_back([&mine] {
        for (int i = 0; i < 20000; ++i) mine.push_back(OpId::of("interned" + std::to_string(i)));
      });
    for (auto& thread : threads) thread.join();
  }
  for (const auto& other : ids) EXPECT_EQ(other, ids[0]);
  EXPECT_EQ(ids[0][7].name(), "interned7");
  EXPECT_NE(ids[0][7], ids[0][8]);
  EXPECT_FALSE(OpId());
}

TEST(Attributes, AreOrderedByNameAndTyped) {
  Attributes a{{"b", true}, {"a", std::int64_t{3}}};
  a.set("c", 0.5);
  a.set("a", std::int64_t{4});
  ASSERT_EQ(a.rows().size(), 3u);
  EXPECT_EQ(a.rows()[0].first, "a");
  EXPECT_EQ(a.integer("a"), 4);
  EXPECT_TRUE(a.boolean("b"));
  EXPECT_FALSE(a.has("aa"));
  EXPECT_THROW(a.integer("zz"), Error);
  EXPECT_THROW(a.real("a"), Error);
}

TEST(Verify, AcceptsWhatIsWhole) { EXPECT_EQ(rejection(read(kEverything)), ""); }

TEST(Verify, FindsEachBrokenRule) {
  const Graph good = read(kEverything);
  const auto broken = [&](auto&& damage) {
    Graph g = good;
    damage(g);
    return rejection(g);
  };
  EXPECT_EQ(broken([](Graph& g) {
              g.nodes[3].inputs[1] = {4, 0};
            }),
            "[matmul] model.0: an operand is not an output of an earlier node in "
            "%3 = matmul(%0, %4) {trans_a=false, trans_b=true} : f32(64, 10) @ model.0");
  EXPECT_NE(broken([](Graph& g) { g.nodes[3].inputs[1] = {}; }), "");
  EXPECT_NE(broken([](Graph& g) { g.nodes[6].inputs[1].output = 2; }), "");
  EXPECT_NE(broken([](Graph& g) { g.nodes[6].op = {}; }), "");
  EXPECT_NE(broken([](Graph& g) { g.nodes[6].outputs.clear(); }), "");
  EXPECT_NE(broken([](Graph& g) { g.nodes[6].outputs[0].shape = {-1}; }), "");
  EXPECT_NE(broken([](Graph& g) { g.nodes[0].inputs.push_back({0, 0}); }), "");
  EXPECT_NE(broken([](Graph& g) { g.nodes[1].inputs.push_back({0, 0}); }), "");
  EXPECT_NE(broken([](Graph& g) { std::swap(g.inputs[0], g.inputs[1]); }), "");
  EXPECT_NE(broken([](Graph& g) { g.inputs.push_back(g.inputs[0]); }), "");
  EXPECT_NE(broken([](Graph& g) { g.inputs.pop_back(); }), "");
  // Looking behind the end of the list would be a crash here, where it has no memory at all.
  EXPECT_NE(broken([](Graph& g) { g.inputs = std::vector<Input>(); }).find("list each input node once, in order in %0"),
            std::string::npos);
  EXPECT_NE(broken([](Graph& g) { g.inputs[2] = {{2, 0}, InputKind::kVariable, "0.weight"}; }), "");
  EXPECT_NE(broken([](Graph& g) { g.outputs[0].value = {8, 0}; }), "");
  EXPECT_NE(broken([](Graph& g) { g.outputs[0].value = {}; }), "");
  EXPECT_NE(broken([](Graph& g) { g.outputs[0].name = "0.weight"; }), "");
  EXPECT_NE(broken([](Graph& g) { g.outputs[2].value = {3, 0}; }), "");
  EXPECT_NE(broken([](Graph& g) { g.outputs.push_back(g.outputs[2]); }), "");
  EXPECT_NE(broken([](Graph& g) {
              Graph body = *g.nodes[5].region.graph;
              body.nodes[2].inputs[0] = {2, 0};
              g.nodes[5].region.graph = std::make_shared<const Graph>(std::move(body));
            }),
            "");
}

TEST(Verify, AsksTheShapeRuleAlsoInBodies) {
  int asked = 0;
  const Infer agree = [&](const Node& node, std::span<const TensorSpec> specs) {
    ++asked;
    EXPECT_EQ(specs.size(), node.inputs.size());
    return node.outputs;
  };
  EXPECT_EQ(rejection(read(kEverything), agree), "");
  EXPECT_EQ(asked, 7);
  const Infer differ = [](const Node& node, std::span<const TensorSpec>) {
    auto specs = node.outputs;
    if (node.op == OpId::of("fma")) specs[0].dtype = DType::kF64;
    return specs;
  };
  EXPECT_NE(rejection(read(kEverything), differ).find("[fma] outputs are not what the op's shape rule says"),
            std::string::npos);
}

TEST(Prune, DropsWhatNoOutputNeedsAndKeepsInputs) {
  const Graph g = read(R"(graph {
    %0 = input argument "x" : f32(2)
    %1 = neg(%0) : f32(2)
    %2 = input argument "unused" : f32(2)
    %3 = exp(%0) : f32(2)
    %4 = neg(%1) : f32(2)
    %5:2 = split(%3) : f32(1), f32(1)
    %6 = input variable "w" : f32(1)
    return %5.1
    assign "w" = %5
  })");
  const char* expected = R"(graph {
  %0 = input argument "x" : f32(2,)
  %1 = input argument "unused" : f32(2,)
  %2 = exp(%0) : f32(2,)
  %3:2 = split(%2) : f32(1,), f32(1,)
  %4 = input variable "w" : f32(1,)
  return %3.1
  assign "w" = %3
}
)";
  EXPECT_EQ(print(prune(g)), expected);
  EXPECT_EQ(print(prune(read(kEverything))), kEverything);
}

TEST(Same, ComparesBodiesAndBitsButNotPaths) {
  const Graph g = read(kEverything);
  Graph other = read(kEverything);
  other.nodes[3].path = "elsewhere";
  EXPECT_TRUE(same(g, other));
  Graph body = *other.nodes[5].region.graph;
  body.nodes[2].op = OpId::of("add");
  other.nodes[5].region.graph = std::make_shared<const Graph>(body);
  EXPECT_FALSE(same(g, other));
  other.nodes[5].region.graph = nullptr;
  EXPECT_FALSE(same(g, other));
}

TEST(Attributes, AreEqualByTheirBits) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE((Attributes{{"a", 0.0}}), (Attributes{{"a", -0.0}}));
  EXPECT_NE((Attributes{{"a", 0.0}}), (Attributes{{"b", 0.0}}));
  EXPECT_EQ((Attributes{{"a", nan}}), (Attributes{{"a", nan}}));
  EXPECT_EQ(Attributes({{"a", 0.5}}).real("a"), 0.5);
}

TEST(Graphviz, DrawsBodiesAsClusters) {
  const Graph g = read(R"(graph {
    %0 = input argument "x\"" : f32(2)
    %1 = pointwise(%0) : f32(2) @ model.0 region elementwise {
      %0 = input argument "" : f32(2)
      return %0
    }
    assign "w" = %1
  })");
  const char* expected = R"dot(digraph weft {
  n0 [shape=ellipse, label="x\""];
  subgraph cluster_n1 {
    label="elementwise";
    n1 [shape=box, label="pointwise @ model.0"];
    n1_n0 [shape=ellipse, label="input"];
    n1_out0 [shape=plaintext, label="return"];
    n1_n0 -> n1_out0 [label="f32(2,)"];
  }
  n0 -> n1 [label="f32(2,)"];
  out0 [shape=plaintext, label="w ="];
  n1 -> out0 [label="f32(2,)"];
}
)dot";
  EXPECT_EQ(graphviz(g), expected);
}

}  // namespace
}  // namespace weft::testing
