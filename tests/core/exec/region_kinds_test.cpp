// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "core/autodiff/autodiff.h"
#include "core/exec/executable.h"
#include "core/exec/explain.h"
#include "core/ir/compare.h"
#include "core/ir/graphviz.h"
#include "core/ir/print.h"
#include "core/ir/prune.h"
#include "core/ir/read.h"
#include "core/ir/verify.h"
#include "core/ops/cost.h"
#include "core/ops/pointwise.h"
#include "core/passes/cleanup/cse.h"
#include "core/passes/cleanup/simplify.h"
#include "core/passes/fuse/activation_gradients.h"
#include "core/passes/fuse/bias_gradients.h"
#include "core/passes/fuse/epilogues.h"
#include "core/passes/fuse/regions.h"
#include "core/passes/lower/decompose.h"
#include "core/passes/lower/loss_scale.h"
#include "core/passes/lower/mixed_precision.h"
#include "core/plan/plan.h"
#include "weft/error.h"

// All that reads a program, against every kind of region: handled, or refused by an error that names the reader.
namespace weft::testing {
using namespace exec;
namespace {

using Kind = ir::Region::Kind;

// y = tanh(x x) as one node with a region of this kind.
ir::Graph program(Kind kind) {
  const bool epilogue = kind == Kind::kEpilogue;
  std::string text = R"(graph {
    %0 = input argument "x" : f32(4, 4)
    %1 = )";
  text += epilogue ? "matmul_epilogue(%0, %0) {trans_a=false, trans_b=false}" : "pointwise(%0)";
  text += " : f32(4, 4) @ model.1 region " + std::string(ir::name_of(kind)) + R"( {
      %0 = input argument "" : f32(4, 4)
      %1 = tanh(%0) : f32(4, 4)
      return %1
    }
    return %1
  })";
  return ir::read(text);
}

const ir::Node& node_of(const ir::Graph& graph) { return graph.nodes[1]; }

// A reader of programs, and its answer to loops.
enum class Does { kHandles, kRefuses };
struct Reader {
  const char* name;
  std::string_view says;  // its name in errors
  Does loop;
  std::function<void(const ir::Graph&)> read;
};

// A pass leaves the node as it is.
std::function<void(const ir::Graph&)> kept_by(ir::Graph (*pass)(const ir::Graph&)) {
  return [pass](const ir::Graph& graph) { EXPECT_EQ(ir::print(pass(graph)), ir::print(graph)); };
}

ir::Graph half(const ir::Graph& graph) { return passes::lower_precision(graph, DType::kBF16); }

void differentiate(ir::Graph graph) {
  ops::Builder build(graph);
  const std::vector<ir::Value> x{graph.inputs[0].value}, y{graph.outputs[0].value};
  EXPECT_TRUE(autodiff::backward(build, y, x, x).at(0).defined());
  EXPECT_TRUE(autodiff::forward(build, y, x, x).at(0).defined());
}

std::vector<Reader> readers() {
  constexpr Does kHandles = Does::kHandles, kRefuses = Does::kRefuses;
  return {
      {"print and read", "", kHandles,
       [](const ir::Graph& g) { EXPECT_EQ(ir::print(ir::read(ir::print(g))), ir::print(g)); }},
      {"compare", "", kHandles,
       [](const ir::Graph& g) {
         ir::Graph other = g;
         EXPECT_TRUE(ir::same(g, other));
         other.nodes[1].region.kind = node_of(g).region.kind == Kind::kLoop ? Kind::kElementwise : Kind::kLoop;
         EXPECT_FALSE(ir::same(g, other));
       }},
      {"graphviz", "", kHandles,
       [](const ir::Graph& g) {
         const std::string label = "label=\"" + std::string(ir::name_of(node_of(g).region.kind)) + "\"";
         EXPECT_NE(ir::graphviz(g).find(label), std::string::npos);
       }},
      {"prune", "", kHandles, kept_by(ir::prune)},
      {"verify", "shape inference", kRefuses, [](const ir::Graph& g) { ir::verify(g, ops::infer_node); }},
      {"inline", "inlining", kRefuses,
       [](const ir::Graph& g) {
         ir::Graph to = g;
         ops::Builder build(to);
         EXPECT_EQ(to.node(ops::inline_node(build, node_of(g)).at(0)).op.name(), "tanh");
       }},
      {"cost", "the cost model", kRefuses, [](const ir::Graph& g) { EXPECT_GE(ops::flops(g, node_of(g)), 16 * 8); }},
      {"fused ops", "", kHandles,
       [](const ir::Graph& g) { EXPECT_NE(fused_ops(node_of(g)).find("tanh"), std::string::npos); }},
      {"autodiff", "differentiation", kRefuses, differentiate},
      {"simplify", "simplification", kRefuses, kept_by(passes::simplify)},
      {"cse", "common subexpression elimination", kRefuses, kept_by(passes::share)},
      {"expand", "decomposition", kRefuses, kept_by(passes::expand)},
      {"take_apart", "decomposition", kRefuses, kept_by(passes::take_apart)},
      {"loss scale", "loss scale folding", kRefuses, kept_by(passes::fold_loss_scale)},
      {"mixed precision", "mixed precision", kRefuses, kept_by(half)},
      {"form_regions", "fusion", kRefuses, kept_by(passes::form_regions)},
      {"join_epilogues", "fusion", kRefuses, kept_by(passes::join_epilogues)},
      {"join_bias_gradients", "fusion", kRefuses, kept_by(passes::join_bias_gradients)},
      {"join_activation_gradients", "fusion of activation gradients", kRefuses,
       kept_by(passes::join_activation_gradients)},
      {"plan", "the planner", kRefuses,
       [](const ir::Graph& g) { EXPECT_EQ(plan::make_plan(g, {}).values.size(), g.nodes.size()); }},
      {"executor, fused", "decomposition", kRefuses,
       [](const ir::Graph& g) { EXPECT_EQ(Executable(g, {.device = Device::cpu()}).prepared_calls().size(), 1u); }},
      {"executor, node by node", "decomposition", kRefuses,
       [](const ir::Graph& g) {
         EXPECT_EQ(Executable(g, {.device = Device::cpu(), .fuse = false}).prepared_calls().size(), 1u);
       }},
  };
}

void expect_refusal(const Reader& reader, Kind kind) {
  try {
    reader.read(program(kind));
    ADD_FAILURE() << "must throw";
  } catch (const ValueError& e) {
    EXPECT_EQ(std::string(e.what()), "[pointwise] model.1: has a " + std::string(ir::name_of(kind)) + " region; " +
                                         std::string(reader.says) +
                                         " has no rule for it: write what it runs as nodes of their own");
  }
}

TEST(RegionKinds, EveryReaderHandlesOrRefusesEachOfThem) {
  for (const Reader& reader : readers()) {
    for (const Kind kind : ir::kRegionKinds) {
      SCOPED_TRACE(std::string(reader.name) + ", " + std::string(ir::name_of(kind)));
      const Does does = kind == Kind::kLoop ? reader.loop : Does::kHandles;
      if (does == Does::kRefuses) {
        expect_refusal(reader, kind);
      } else {
        EXPECT_NO_THROW(reader.read(program(kind)));
      }
    }
  }
}

}  // namespace
}  // namespace weft::testing
