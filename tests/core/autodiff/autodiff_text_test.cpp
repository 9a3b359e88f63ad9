// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "core/autodiff/autodiff.h"
#include "core/ir/print.h"
#include "core/ir/prune.h"
#include "core/ir/read.h"

// Text in, text out: which nodes differentiation adds.
namespace weft::testing {
namespace {

// The graph's first output is differentiated, with its second as the cotangent, by its first input.
std::string differentiated(const char* text) {
  ir::Graph graph = ir::read(text);
  ops::Builder build(graph);
  const ir::Value y = graph.outputs[0].value, dy = graph.outputs[1].value, x = graph.inputs[0].value;
  graph.outputs = {{autodiff::backward(build, {{y}}, {{dy}}, {{x}})[0]}};
  return "\n" + ir::print(ir::prune(graph));
}

TEST(BackwardText, TransposedMatmulNeedsNoTranspose) {
  EXPECT_EQ(differentiated(R"(graph {
  %0 = input variable "weight" : f32(10, 128)
  %1 = input argument "x" : f32(64, 128)
  %2 = input argument "dy" : f32(64, 10)
  %3 = matmul(%1, %0) {trans_a=false, trans_b=true} : f32(64, 10) @ model.0
  return %3
  return %2
}
)"),
            R"(
graph {
  %0 = input variable "weight" : f32(10, 128)
  %1 = input argument "x" : f32(64, 128)
  %2 = input argument "dy" : f32(64, 10)
  %3 = matmul(%2, %1) {trans_a=true, trans_b=false} : f32(10, 128) @ model.0
  return %3
}
)");
}

TEST(BackwardText, MatrixWithoutBatchGetsOneProduct) {
  EXPECT_EQ(differentiated(R"(graph {
  %0 = input variable "weight" : f32(8, 4)
  %1 = input argument "x" : f32(2, 5, 8)
  %2 = input argument "dy" : f32(2, 5, 4)
  %3 = matmul(%1, %0) {trans_a=false, trans_b=false} : f32(2, 5, 4)
  return %3
  return %2
}
)"),
            R"(
graph {
  %0 = input variable "weight" : f32(8, 4)
  %1 = input argument "x" : f32(2, 5, 8)
  %2 = input argument "dy" : f32(2, 5, 4)
  %3 = reshape(%1) {shape=[10, 8]} : f32(10, 8)
  %4 = reshape(%2) {shape=[10, 4]} : f32(10, 4)
  %5 = matmul(%3, %4) {trans_a=true, trans_b=false} : f32(8, 4)
  return %5
}
)");
}

TEST(BackwardText, BroadcastBiasIsSummedAndFactorOneCostsNothing) {
  EXPECT_EQ(differentiated(R"(graph {
  %0 = input variable "bias" : f32(1, 10)
  %1 = input argument "x" : f32(64, 10)
  %2 = input argument "dy" : f32(64, 10)
  %3 = add(%1, %0) : f32(64, 10)
  return %3
  return %2
}
)"),
            R"(
graph {
  %0 = input variable "bias" : f32(1, 10)
  %1 = input argument "x" : f32(64, 10)
  %2 = input argument "dy" : f32(64, 10)
  %3 = sum(%2) {axes=[0], keep=false} : f32(10,)
  %4 = reshape(%3) {shape=[1, 10]} : f32(1, 10)
  return %4
}
)");
}

TEST(BackwardText, SoftmaxReadsItsOutputOnly) {
  EXPECT_EQ(differentiated(R"(graph {
  %0 = input argument "x" : f32(2, 3)
  %1 = input argument "dy" : f32(2, 3)
  %2 = softmax(%0) {axis=1} : f32(2, 3)
  return %2
  return %1
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(2, 3)
  %1 = input argument "dy" : f32(2, 3)
  %2 = softmax(%0) {axis=1} : f32(2, 3)
  %3 = multiply(%1, %2) : f32(2, 3)
  %4 = sum(%3) {axes=[1], keep=true} : f32(2, 1)
  %5 = subtract(%1, %4) : f32(2, 3)
  %6 = multiply(%2, %5) : f32(2, 3)
  return %6
}
)");
}

TEST(BackwardText, HalfTypesAreComputedWithInF32) {
  EXPECT_EQ(differentiated(R"(graph {
  %0 = input argument "x" : bf16(3,)
  %1 = input argument "dy" : bf16(3,)
  %2 = exp(%0) : bf16(3,)
  return %2
  return %1
}
)"),
            R"(
graph {
  %0 = input argument "x" : bf16(3,)
  %1 = input argument "dy" : bf16(3,)
  %2 = exp(%0) : bf16(3,)
  %3 = cast(%2) {dtype=f32} : f32(3,)
  %4 = cast(%1) {dtype=f32} : f32(3,)
  %5 = multiply(%4, %3) : f32(3,)
  %6 = cast(%5) {dtype=bf16} : bf16(3,)
  return %6
}
)");
}

// 1 / 70000 is no f16, and neither is 70000.
TEST(BackwardText, MeansOfHalfTypesDivideInF32) {
  EXPECT_EQ(differentiated(R"(graph {
  %0 = input argument "x" : f16(70000,)
  %1 = input argument "dy" : f16()
  %2 = mean(%0) {axes=[0], keep=false} : f16()
  return %2
  return %1
}
)"),
            R"(
graph {
  %0 = input argument "x" : f16(70000,)
  %1 = input argument "dy" : f16()
  %2 = cast(%1) {dtype=f32} : f32()
  %3 = reshape(%2) {shape=[1]} : f32(1,)
  %4 = full() {dtype=f32, shape=[], value=70000.0} : f32()
  %5 = divide(%3, %4) : f32(1,)
  %6 = cast(%5) {dtype=f16} : f16(1,)
  %7 = broadcast_to(%6) {shape=[70000]} : f16(70000,)
  return %7
}
)");
}

// Not dy * 0, which would be NaN for an infinite dy.
TEST(BackwardText, ReluChoosesBetweenDyAndZero) {
  EXPECT_EQ(differentiated(R"(graph {
  %0 = input argument "x" : f32(3,)
  %1 = input argument "dy" : f32(3,)
  %2 = relu(%0) : f32(3,)
  return %2
  return %1
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(3,)
  %1 = input argument "dy" : f32(3,)
  %2 = relu(%0) : f32(3,)
  %3 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %4 = greater(%2, %3) : bool(3,)
  %5 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %6 = where(%4, %1, %5) : f32(3,)
  return %6
}
)");
}

TEST(BackwardText, FusedLossUsesItsOwnGradient) {
  EXPECT_EQ(differentiated(R"(graph {
  %0 = input argument "logits" : f32(4, 3)
  %1 = input argument "label" : i64(4,)
  %2 = input argument "dy" : f32(4,)
  %3:3 = softmax_cross_entropy(%0, %1) {ignore_index=-100, label_smoothing=0.0} : f32(4,), f32(4, 3), f32(4,)
  return %3
  return %2
}
)"),
            R"(
graph {
  %0 = input argument "logits" : f32(4, 3)
  %1 = input argument "label" : i64(4,)
  %2 = input argument "dy" : f32(4,)
  %3:3 = softmax_cross_entropy(%0, %1) {ignore_index=-100, label_smoothing=0.0} : f32(4,), f32(4, 3), f32(4,)
  %4 = reshape(%2) {shape=[4, 1]} : f32(4, 1)
  %5 = multiply(%4, %3.1) : f32(4, 3)
  return %5
}
)");
}

}  // namespace
}  // namespace weft::testing
