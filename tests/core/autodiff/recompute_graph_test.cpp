// SPDX-License-Identifier: Apache-2.0
#include "core/autodiff/recompute.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/autodiff/autodiff.h"
#include "core/ir/print.h"
#include "core/ir/prune.h"
#include "core/ops/builder.h"

namespace weft::testing {
namespace {

using autodiff::backward;
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

// %3 to %6 are marked, %11 to %14 are their copies. Constant and parameter are read directly.
TEST(Recompute, CopiesWhatIsMarkedBehindACotangent) {
  ir::Graph graph;
  Builder build(graph);
  const Value x = graph.add_input(kSpec, InputKind::kArgument, "x");
  const Value w = graph.add_input(kSpec, InputKind::kVariable, "w");
  const Value three = build.emit("full", {}, {{"shape", ir::Ints{4}}, {"dtype", DType::kF64}, {"value", 3.0}});
  build.begin_recompute();
  const Value a = build.emit("tanh", {build.emit("multiply", {x, three})});
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
  %2 = full() {dtype=f64, shape=[4], value=3.0} : f64(4,)
  %3 = multiply(%0, %2) : f64(4,)
  %4 = tanh(%3) : f64(4,)
  %5 = multiply(%4, %1) : f64(4,)
  %6 = exp(%5) : f64(4,)
  %7 = exp(%6) : f64(4,)
  %8 = full() {dtype=f64, shape=[4], value=2.0} : f64(4,)
  %9 = multiply(%8, %7) : f64(4,)
  %10 = after(%0, %9) : f64(4,)
  %11 = multiply(%10, %2) : f64(4,)
  %12 = tanh(%11) : f64(4,)
  %13 = multiply(%12, %1) : f64(4,)
  %14 = exp(%13) : f64(4,)
  %15 = multiply(%9, %14) : f64(4,)
  %16 = multiply(%15, %1) : f64(4,)
  %17 = multiply(%12, %12) : f64(4,)
  %18 = full() {dtype=f64, shape=[], value=1.0} : f64()
  %19 = subtract(%18, %17) : f64(4,)
  %20 = multiply(%16, %19) : f64(4,)
  %21 = multiply(%20, %2) : f64(4,)
  return %21
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
}  // namespace weft::testing
