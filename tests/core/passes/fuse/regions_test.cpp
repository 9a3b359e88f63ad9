// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/regions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "core/ir/read.h"
#include "core/ir/verify.h"
#include "core/ops/op.h"
#include "core/passes/fuse/epilogues.h"
#include "core/program/program.h"
#include "tests/core/passes/passes.h"

namespace weft::testing {
using namespace passes;
namespace {

// A gradient mask, and the bias gradient at its end; the constant moves into the body, and what only others read stays
// outside.
TEST(Regions, ChainsWithAColumnSumAtTheEnd) {
  EXPECT_EQ(after(form_regions, R"(graph {
  %0 = input argument "y" : f32(64, 8)
  %1 = input argument "dy" : f32(64, 8)
  %2 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %3 = greater(%0, %2) : bool(64, 8) @ 1
  %4 = where(%3, %1, %2) : f32(64, 8) @ 1
  %5 = sum(%4) {axes=[0], keep=false} : f32(8,) @ 0
  %6 = sum(%0) {axes=[0], keep=false} : f32(8,)
  return %4
  return %5
  return %6
}
)"),
            R"(
graph {
  %0 = input argument "y" : f32(64, 8)
  %1 = input argument "dy" : f32(64, 8)
  %2:3 = pointwise(%0, %1) : f32(64, 8), f32(8,), f32(8,) @ 1 region elementwise {
    %0 = input argument "" : f32(64, 8)
    %1 = input argument "" : f32(64, 8)
    %2 = full() {dtype=f32, shape=[], value=0.0} : f32()
    %3 = greater(%0, %2) : bool(64, 8)
    %4 = where(%3, %1, %2) : f32(64, 8)
    %5 = sum(%4) {axes=[0], keep=false} : f32(8,)
    %6 = sum(%0) {axes=[0], keep=false} : f32(8,)
    return %4
    return %5
    return %6
  }
  return %2
  return %2.1
  return %2.2
}
)");
}

// A reader of a row's maximum cannot share the maximum's region, because the whole row must come first.
TEST(Regions, NothingInsideReadsAReduction) {
  EXPECT_EQ(after(form_regions, R"(graph {
  %0 = input argument "x" : f32(4, 8)
  %1 = square(%0) : f32(4, 8)
  %2 = max(%1) {axes=[1], keep=true} : f32(4, 1)
  %3 = subtract(%1, %2) : f32(4, 8)
  %4 = exp(%3) : f32(4, 8)
  return %4
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(4, 8)
  %1:2 = pointwise(%0) : f32(4, 8), f32(4, 1) region elementwise {
    %0 = input argument "" : f32(4, 8)
    %1 = square(%0) : f32(4, 8)
    %2 = max(%1) {axes=[1], keep=true} : f32(4, 1)
    return %1
    return %2
  }
  %2 = pointwise(%1, %1.1) : f32(4, 8) region elementwise {
    %0 = input argument "" : f32(4, 8)
    %1 = input argument "" : f32(4, 1)
    %2 = subtract(%0, %1) : f32(4, 8)
    %3 = exp(%2) : f32(4, 8)
    return %3
  }
  return %2
}
)");
}

// The scale of each of many tensors by its own sum. Scales of neighbors are one region each, with as many outputs as
// there may be, so that the first tensors need not wait for the sums of the last.
TEST(Regions, NodesOfOneElementGoWithTheirNeighbors) {
  constexpr int kTensors = 20;
  std::string inputs, nodes, returns;
  for (int i = 0; i < kTensors; ++i) {
    const auto value = [&](int k) { return "%" + std::to_string(kTensors + 4 * i + k); };
    const std::string shape = "f32(" + std::to_string(i + 2) + ",)", x = "%" + std::to_string(i);
    inputs += "  " + x + " = input argument \"x" + std::to_string(i) + "\" : " + shape + "\n";
    nodes += "  " + value(0) + " = sum(" + x + ") {axes=[0], keep=false} : f32()\n";
    nodes += "  " + value(1) + " = sqrt(" + value(0) + ") : f32()\n";
    nodes += "  " + value(2) + " = exp(" + value(1) + ") : f32()\n";
    nodes += "  " + value(3) + " = multiply(" + x + ", " + value(2) + ") : " + shape + "\n";
    returns += "  return " + value(3) + "\n";
  }
  const ir::Graph graph = form_regions(ir::read("graph {\n" + inputs + nodes + returns + "}\n"));
  int scales = 0;
  std::ptrdiff_t first_product = -1, last_sum = -1;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const ir::Node& node = graph.nodes[n];
    if (node.op.name() == "pointwise" && node.outputs[0].shape.rank() == 0) ++scales;
    if (node.op.name() == "multiply" && first_product < 0) first_product = static_cast<std::ptrdiff_t>(n);
    if (node.op.name() == "sum") last_sum = static_cast<std::ptrdiff_t>(n);
  }
  EXPECT_EQ(scales, (kTensors + Program::kMaxOutputs - 1) / Program::kMaxOutputs);
  EXPECT_LT(first_product, last_sum);
}

// %1 and %4 are one shape, and a path through the product leads from one to the other.
TEST(Regions, NoRegionWaitsForItself) {
  EXPECT_EQ(after(form_regions, R"(graph {
  %0 = input argument "x" : f32(8, 8)
  %1 = exp(%0) : f32(8, 8)
  %2 = matmul(%1, %0) {trans_a=false, trans_b=false} : f32(8, 8)
  %3 = add(%1, %2) : f32(8, 8)
  %4 = tanh(%3) : f32(8, 8)
  return %4
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(8, 8)
  %1 = exp(%0) : f32(8, 8)
  %2 = matmul(%1, %0) {trans_a=false, trans_b=false} : f32(8, 8)
  %3 = pointwise(%1, %2) : f32(8, 8) region elementwise {
    %0 = input argument "" : f32(8, 8)
    %1 = input argument "" : f32(8, 8)
    %2 = add(%0, %1) : f32(8, 8)
    %3 = tanh(%2) : f32(8, 8)
    return %3
  }
  return %3
}
)");
}

TEST(Regions, SingleNumbersAreOneRegion) {
  EXPECT_EQ(after(form_regions, R"(graph {
  %0 = input variable "a" : i64()
  %1 = input variable "b" : f64()
  %2 = full() {dtype=i64, integer=1, shape=[], value=1.0} : i64()
  %3 = add(%0, %2) : i64()
  %4 = square(%1) : f64()
  assign "a" = %3
  assign "b" = %4
}
)"),
            R"(
graph {
  %0 = input variable "a" : i64()
  %1 = input variable "b" : f64()
  %2:2 = pointwise(%0, %1) : i64(), f64() region elementwise {
    %0 = input argument "" : i64()
    %1 = input argument "" : f64()
    %2 = full() {dtype=i64, integer=1, shape=[], value=1.0} : i64()
    %3 = add(%0, %2) : i64()
    %4 = square(%1) : f64()
    return %3
    return %4
  }
  assign "a" = %2
  assign "b" = %2.1
}
)");
}

// Two hundred operands and as many sums fit no single program.
TEST(Regions, StayWithinAProgram) {
  ir::Graph graph;
  ops::Builder build(graph);
  ir::Value sum = graph.add_input({{5}, DType::kF32}, ir::InputKind::kArgument, "x");
  for (int i = 0; i < 200; ++i)
    sum = build.emit("add", {sum, graph.add_input({{5}, DType::kF32}, ir::InputKind::kArgument, "x")});
  graph.outputs.push_back({sum, ""});
  const ir::Graph regions = form_regions(graph);
  ir::verify(regions, ops::infer_node);
  std::size_t nodes = 0;
  for (const ir::Node& node : regions.nodes) {
    if (node.op == ir::input_op()) continue;
    ++nodes;
    EXPECT_LE(node.inputs.size(), 20u);
  }
  EXPECT_GE(nodes, 10u);
  EXPECT_LE(nodes, 12u);
}

TEST(Epilogues, BiasAndActivationFollowTheProduct) {
  EXPECT_EQ(after(join_epilogues, R"(graph {
  %0 = input argument "x" : f32(4, 3)
  %1 = input variable "w" : f32(2, 3)
  %2 = input variable "b" : f32(2,)
  %3 = matmul(%0, %1) {trans_a=false, trans_b=true} : f32(4, 2) @ 0
  %4 = pointwise(%2, %3) : f32(4, 2) @ 1 region elementwise {
    %0 = input argument "" : f32(2,)
    %1 = input argument "" : f32(4, 2)
    %2 = add(%1, %0) : f32(4, 2)
    %3 = relu(%2) : f32(4, 2)
    return %3
  }
  %5 = exp(%3) : f32(4, 2)
  return %4
  return %5
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(4, 3)
  %1 = input variable "w" : f32(2, 3)
  %2 = input variable "b" : f32(2,)
  %3:2 = matmul_epilogue(%0, %1, %2) {trans_a=false, trans_b=true} : f32(4, 2), f32(4, 2) @ 0 region epilogue {
    %0 = input argument "" : f32(4, 2)
    %1 = input argument "" : f32(2,)
    %2 = add(%0, %1) : f32(4, 2)
    %3 = relu(%2) : f32(4, 2)
    return %3
    return %0
  }
  %4 = exp(%3.1) : f32(4, 2)
  return %3
  return %4
}
)");
}

// A row sum would need all tiles of a row; a column sum adds up tile by tile.
TEST(Epilogues, OnlyReductionsThatKeepTheLastAxis) {
  const char* text = R"(
graph {
  %0 = input argument "x" : f32(4, 4)
  %1 = matmul(%0, %0) {trans_a=false, trans_b=true} : f32(4, 4)
  %2:2 = pointwise(%1) : f32(4, 4), f32(4,) region elementwise {
    %0 = input argument "" : f32(4, 4)
    %1 = relu(%0) : f32(4, 4)
    %2 = sum(%1) {axes=[1], keep=false} : f32(4,)
    return %1
    return %2
  }
  return %2
  return %2.1
}
)";
  EXPECT_EQ(after(join_epilogues, text + 1), text);
  std::string columns = text;
  columns.replace(columns.find("axes=[1]"), 8, "axes=[0]");
  EXPECT_NE(after(join_epilogues, columns).find("matmul_epilogue"), std::string::npos);
}

// The later of two products is joined.
TEST(Epilogues, TakeTheLatestProduct) {
  EXPECT_EQ(after(join_epilogues, R"(graph {
  %0 = input argument "x" : f32(4, 4)
  %1 = matmul(%0, %0) {trans_a=false, trans_b=true} : f32(4, 4)
  %2 = matmul(%0, %0) {trans_a=true, trans_b=false} : f32(4, 4)
  %3 = add(%2, %1) : f32(4, 4)
  return %3
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(4, 4)
  %1 = matmul(%0, %0) {trans_a=false, trans_b=true} : f32(4, 4)
  %2 = matmul_epilogue(%0, %0, %1) {trans_a=true, trans_b=false} : f32(4, 4) region epilogue {
    %0 = input argument "" : f32(4, 4)
    %1 = input argument "" : f32(4, 4)
    %2 = add(%0, %1) : f32(4, 4)
    return %2
  }
  return %2
}
)");
}

// A program stores so many results: a product that others read is one of them.
TEST(Epilogues, StayWithinAProgram) {
  for (const int functions : {Program::kMaxOutputs - 1, Program::kMaxOutputs}) {
    ir::Graph graph;
    ops::Builder build(graph);
    const ir::Value x = graph.add_input({{4, 4}, DType::kF32}, ir::InputKind::kArgument, "x");
    const ir::Value product = build.emit("matmul", {x, x}, {{"trans_a", false}, {"trans_b", false}});
    graph.outputs.push_back({product, ""});
    ir::Value last = product;
    for (int i = 0; i < functions; ++i) graph.outputs.push_back({last = build.emit("tanh", {last}), ""});
    const ir::Graph joined = join_epilogues(form_regions(graph));
    const bool with_product = joined.nodes.back().op.name() == "matmul_epilogue";
    EXPECT_EQ(with_product, functions < Program::kMaxOutputs);
    EXPECT_EQ(joined.nodes.back().outputs.size(), Program::kMaxOutputs);
  }
}

}  // namespace
}  // namespace weft::testing
