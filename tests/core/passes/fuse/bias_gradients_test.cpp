// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/bias_gradients.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/core/passes/passes.h"

namespace weft::testing {
using namespace passes;
namespace {

// The gradients of a linear layer: its weights' and its bias's.
const char* const kLayer = R"(
graph {
  %0 = input argument "dy" : f32(64, 8)
  %1 = input argument "x" : f32(64, 5)
  %2 = sum(%0) {axes=[0], keep=false} : f32(8,)
  %3 = matmul(%0, %1) {trans_a=true, trans_b=false} : f32(8, 5) @ fc
  return %2
  return %3
}
)";

TEST(BiasGradients, ComeWithTheWeights) {
  EXPECT_EQ(after(join_bias_gradients, kLayer), R"(
graph {
  %0 = input argument "dy" : f32(64, 8)
  %1 = input argument "x" : f32(64, 5)
  %2:2 = matmul_sums(%0, %1) {operand=0, trans_a=true, trans_b=false} : f32(8, 5), f32(8,) @ fc
  return %2.1
  return %2
}
)");
}

// Weights that are stored the other way round.
TEST(BiasGradients, OfTheOtherOperand) {
  EXPECT_EQ(after(join_bias_gradients, with(kLayer, {{"matmul(%0, %1)", "matmul(%1, %0)"}, {"(8, 5)", "(5, 8)"}})), R"(
graph {
  %0 = input argument "dy" : f32(64, 8)
  %1 = input argument "x" : f32(64, 5)
  %2:2 = matmul_sums(%1, %0) {operand=1, trans_a=true, trans_b=false} : f32(5, 8), f32(8,) @ fc
  return %2.1
  return %2
}
)");
}

// Stored in 16 bits, summed in 32; the cast has no other reader.
TEST(BiasGradients, OfHalves) {
  EXPECT_EQ(after(join_bias_gradients, R"(graph {
  %0 = input argument "dy" : bf16(64, 8)
  %1 = input argument "x" : bf16(64, 5)
  %2 = matmul(%0, %1) {dtype=f32, trans_a=true, trans_b=false} : f32(8, 5)
  %3 = cast(%0) {dtype=f32} : f32(64, 8)
  %4 = sum(%3) {axes=[0], keep=false} : f32(8,)
  return %2
  return %4
}
)"),
            R"(
graph {
  %0 = input argument "dy" : bf16(64, 8)
  %1 = input argument "x" : bf16(64, 5)
  %2:2 = matmul_sums(%0, %1) {dtype=f32, operand=0, trans_a=true, trans_b=false} : f32(8, 5), f32(8,)
  return %2
  return %2.1
}
)");
}

// Two products read the gradient; the sum joins the product that adds up over the same axis.
TEST(BiasGradients, WithTheProductThatGoesTheSameWay) {
  const std::string both = after(join_bias_gradients, R"(graph {
  %0 = input argument "dy" : f32(8, 8)
  %1 = input variable "w" : f32(8, 8)
  %2 = input argument "x" : f32(8, 8)
  %3 = matmul(%0, %1) {trans_a=false, trans_b=false} : f32(8, 8)
  %4 = matmul(%0, %2) {trans_a=true, trans_b=false} : f32(8, 8)
  %5 = sum(%0) {axes=[0], keep=false} : f32(8,)
  return %3
  return %4
  return %5
}
)");
  EXPECT_NE(both.find("= matmul(%0, %1)"), std::string::npos) << both;
  EXPECT_NE(both.find("= matmul_sums(%0, %2)"), std::string::npos) << both;
}

void expect_unchanged(const std::string& text) { EXPECT_EQ(after(join_bias_gradients, text), text); }

TEST(BiasGradients, LeaveOtherSumsAlone) {
  expect_unchanged(with(kLayer, {{"axes=[0], keep=false} : f32(8,)", "axes=[1], keep=false} : f32(64,)"}}));
  expect_unchanged(with(kLayer, {{"axes=[0], keep=false} : f32(8,)", "axes=[0, 1], keep=false} : f32()"}}));
  expect_unchanged(with(kLayer, {{"keep=false} : f32(8,)", "keep=true} : f32(1, 8)"}}));
  expect_unchanged(with(kLayer, {{"sum(", "max("}}));
  expect_unchanged(with(kLayer, {{"f32", "f64"}}));
  // A library gives the sums in the dtype of the product: these would be rounded.
  expect_unchanged(with(kLayer, {{"f32", "bf16"}}));
}

// A library gives sums of the dtype of the product: here f32 sums beside products in 16 bits, and the other way round.
TEST(BiasGradients, LeaveSumsOfAnotherDtypeAlone) {
  expect_unchanged(R"(
graph {
  %0 = input argument "dy" : bf16(64, 8)
  %1 = input argument "x" : bf16(64, 5)
  %2 = matmul(%0, %1) {trans_a=true, trans_b=false} : bf16(8, 5)
  %3 = cast(%0) {dtype=f32} : f32(64, 8)
  %4 = sum(%3) {axes=[0], keep=false} : f32(8,)
  return %2
  return %4
}
)");
  expect_unchanged(R"(
graph {
  %0 = input argument "dy" : bf16(64, 8)
  %1 = input argument "x" : bf16(64, 5)
  %2 = matmul(%0, %1) {dtype=f32, trans_a=true, trans_b=false} : f32(8, 5)
  %3 = sum(%0) {axes=[0], keep=false} : bf16(8,)
  return %2
  return %3
}
)");
}

TEST(BiasGradients, LeaveProductsOfMoreAxesAlone) {
  expect_unchanged(R"(
graph {
  %0 = input argument "dy" : f32(2, 64, 8)
  %1 = input argument "x" : f32(2, 64, 5)
  %2 = sum(%0) {axes=[1], keep=false} : f32(2, 8)
  %3 = matmul(%0, %1) {trans_a=true, trans_b=false} : f32(2, 8, 5)
  return %2
  return %3
}
)");
  // One matrix times each of a batch.
  expect_unchanged(with(kLayer, {{"\"x\" : f32(64, 5)", "\"x\" : f32(2, 64, 5)"}, {": f32(8, 5)", ": f32(2, 8, 5)"}}));
}

// The product's addend is an epilogue, too.
TEST(BiasGradients, LeaveAProductToWhatFollowsIt) {
  expect_unchanged(R"(
graph {
  %0 = input argument "dy" : f32(64, 8)
  %1 = input argument "x" : f32(64, 5)
  %2 = input argument "total" : f32(8, 5)
  %3 = sum(%0) {axes=[0], keep=false} : f32(8,)
  %4 = matmul(%0, %1) {trans_a=true, trans_b=false} : f32(8, 5)
  %5 = add(%2, %4) : f32(8, 5)
  return %3
  return %5
}
)");
}

// The product reads what is made of the sum.
TEST(BiasGradients, NoNodeWaitsForItself) {
  expect_unchanged(R"(
graph {
  %0 = input argument "dy" : f32(64, 8)
  %1 = sum(%0) {axes=[0], keep=false} : f32(8,)
  %2 = subtract(%0, %1) : f32(64, 8)
  %3 = matmul(%0, %2) {trans_a=true, trans_b=false} : f32(8, 8)
  return %3
}
)");
}

}  // namespace
}  // namespace weft::testing
