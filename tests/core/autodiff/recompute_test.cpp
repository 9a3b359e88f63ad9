// SPDX-License-Identifier: Apache-2.0
#include "core/autodiff/recompute.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/autodiff/autodiff.h"
#include "core/ir/print.h"
#include "core/ir/prune.h"
#include "core/ops/builder.h"

namespace weft::autodiff {
namespace {

using ir::InputKind;
using ops::Builder;
using ops::Value;

const TensorSpec kSpec{{4}, DType::kF64};

// Reverse mode from the last value to x, as text.
std::string backward_text(ir::Graph& graph, Builder& build, Value y, Value x) {
  const std::vector<Value> outputs{y},
      cotangents{build.emit("full", {}, {{"shape", ir::Ints{4}}, {"dtype", DType::kF64}, {"value", 2.0}})}, wrt{x};
  graph.outputs = {{backward(build, outputs, cotangents, wrt).at(0), ""}};
  return ir::print(ir::prune(graph));
}

// %2 to %4 are marked, %9 to %11 are their copies. The parameter is read directly, and %5 is kept.
TEST(Recompute, CopiesWhatIsMarkedBehindACotangent) {
  ir::Graph graph;
  Builder build(graph);
  const Value x = graph.add_input(kSpec, InputKind::kArgument, "x");
  const Value w = graph.add_input(kSpec, InputKind::kVariable, "w");
  build.begin_recompute();
  const Value a = build.emit("tanh", {x});
  const Value b = build.emit("multiply", {a, w});
  const Value c = build.emit("exp", {b});
  build.end_recompute();
  const Value y = build.emit("exp", {c});
  EXPECT_EQ(build.recomputed(a.node), 0u);
  EXPECT_EQ(build.recomputed(c.node), 0u);
  EXPECT_FALSE(build.recomputed(w.node));
  EXPECT_FALSE(build.recomputed(y.node));
  EXPECT_EQ(backward_text(graph, build, y, x), R"(graph {
  %0 = input argument "x" : f64(4,)
  %1 = input variable "w" : f64(4,)
  %2 = tanh(%0) : f64(4,)
  %3 = multiply(%2, %1) : f64(4,)
  %4 = exp(%3) : f64(4,)
  %5 = exp(%4) : f64(4,)
  %6 = full() {dtype=f64, shape=[4], value=2.0} : f64(4,)
  %7 = multiply(%6, %5) : f64(4,)
  %8 = after(%0, %7) : f64(4,)
  %9 = tanh(%8) : f64(4,)
  %10 = multiply(%9, %1) : f64(4,)
  %11 = exp(%10) : f64(4,)
  %12 = multiply(%7, %11) : f64(4,)
  %13 = multiply(%12, %1) : f64(4,)
  %14 = multiply(%9, %9) : f64(4,)
  %15 = full() {dtype=f64, shape=[], value=1.0} : f64()
  %16 = subtract(%15, %14) : f64(4,)
  %17 = multiply(%13, %16) : f64(4,)
  return %17
}
)");
}

TEST(Recompute, TheOutermostMarksDecide) {
  ir::Graph graph;
  Builder build(graph);
  Value v = graph.add_input(kSpec, InputKind::kArgument, "x");
  const auto next = [&] { return v = build.emit("tanh", {v}); };
  build.begin_recompute();
  build.begin_recompute();
  const Value inner = next();
  build.end_recompute();
  const Value outer = next();
  build.end_recompute();
  const Value between = next();
  build.begin_recompute();
  build.end_recompute();  // marks nothing
  build.begin_recompute();
  const Value second = next();
  EXPECT_FALSE(build.recomputed(second.node));  // not yet finished
  build.end_recompute();
  EXPECT_EQ(build.recomputed(inner.node), 0u);
  EXPECT_EQ(build.recomputed(outer.node), 0u);
  EXPECT_FALSE(build.recomputed(between.node));
  EXPECT_EQ(build.recomputed(second.node), 1u);
}

}  // namespace
}  // namespace weft::autodiff
