// SPDX-License-Identifier: Apache-2.0
#include "core/passes/cleanup/simplify.h"

#include <gtest/gtest.h>

#include "core/passes/cleanup/cse.h"
#include "core/passes/lower/decompose.h"
#include "core/passes/optimize.h"
#include "tests/core/passes/passes.h"

namespace weft::testing {
using namespace passes;
namespace {

TEST(Simplify, FoldsKnownNumbers) {
  EXPECT_EQ(after(simplify, R"(graph {
  %0 = input argument "x" : f32(3,)
  %1 = full() {dtype=f32, shape=[], value=0.1} : f32()
  %2 = full() {dtype=f32, shape=[], value=3.0} : f32()
  %3 = multiply(%1, %2) : f32()
  %4 = broadcast_to(%3) {shape=[3]} : f32(3,)
  %5 = less(%1, %2) : bool()
  %6 = cast(%5) {dtype=i64} : i64()
  %7 = full() {dtype=f64, shape=[], value=2.0} : f64()
  %8 = exp(%7) : f64()
  return %4
  return %6
  return %8
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(3,)
  %1 = full() {dtype=f32, shape=[3], value=0.30000001192092896} : f32(3,)
  %2 = full() {dtype=i64, integer=1, shape=[], value=1.0} : i64()
  %3 = full() {dtype=f64, shape=[], value=2.0} : f64()
  %4 = exp(%3) : f64()
  return %1
  return %2
  return %4
}
)");
}

// x + 0 is not x where x is -0, x - (-0) neither, and x * 0 is NaN where x is infinite; a factor that broadcasts adds
// elements.
TEST(Simplify, LeavesWhatWouldChangeBits) {
  const char* text = R"(
graph {
  %0 = input argument "x" : f32(3,)
  %1 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %2 = full() {dtype=f32, shape=[2, 1], value=1.0} : f32(2, 1)
  %3 = full() {dtype=f32, shape=[], value=-0.0} : f32()
  %4 = add(%0, %1) : f32(3,)
  %5 = multiply(%4, %1) : f32(3,)
  %6 = multiply(%5, %2) : f32(2, 3)
  %7 = subtract(%6, %3) : f32(2, 3)
  return %7
}
)";
  EXPECT_EQ(after(simplify, text + 1), text);
}

TEST(Simplify, TakesOutWhatGivesItsOperand) {
  EXPECT_EQ(after(simplify, R"(graph {
  %0 = input argument "x" : f32(2, 3)
  %1 = input argument "c" : bool(2, 3)
  %2 = full() {dtype=f32, shape=[], value=1.0} : f32()
  %3 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %4 = full() {dtype=bool, integer=1, shape=[], value=1.0} : bool()
  %5 = multiply(%2, %0) : f32(2, 3)
  %6 = divide(%5, %2) : f32(2, 3)
  %7 = subtract(%6, %3) : f32(2, 3)
  %8 = negative(%7) : f32(2, 3)
  %9 = negative(%8) : f32(2, 3)
  %10 = cast(%9) {dtype=f32} : f32(2, 3)
  %11 = where(%4, %10, %2) : f32(2, 3)
  %12 = transpose(%11) {perm=[0, 1]} : f32(2, 3)
  %13 = stop_gradient(%12) : f32(2, 3)
  %14 = logical_and(%1, %4) : bool(2, 3)
  %15 = logical_not(%14) : bool(2, 3)
  %16 = logical_not(%15) : bool(2, 3)
  %17 = where(%16, %13, %0) : f32(2, 3)
  return %17
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(2, 3)
  %1 = input argument "c" : bool(2, 3)
  return %0
}
)");
}

TEST(Simplify, PacksNeighborsByLeavingThemWhereTheyAre) {
  EXPECT_EQ(after(simplify, R"(graph {
  %0 = input variable "g" : f32(256,)
  %1 = slice(%0) {begin=[64], end=[128], step=[1]} : f32(64,)
  %2 = slice(%0) {begin=[128], end=[256], step=[1]} : f32(128,)
  %3 = pack(%1, %2) {slot=64} : f32(192,)
  %4 = pack(%0) {slot=64} : f32(256,)
  return %3
  return %4
}
)"),
            R"(
graph {
  %0 = input variable "g" : f32(256,)
  %1 = slice(%0) {begin=[64], end=[256], step=[1]} : f32(192,)
  return %1
  return %0
}
)");
  // Other orders, steps and owners, gaps, and padding that would hold what stands there.
  const std::string text = R"(
graph {
  %0 = input variable "g" : f32(256,)
  %1 = input variable "h" : f32(256,)
  %2 = slice(%0) {begin=[0], end=[64], step=[1]} : f32(64,)
  %3 = slice(%0) {begin=[128], end=[192], step=[1]} : f32(64,)
  %4 = slice(%0) {begin=[0], end=[33], step=[1]} : f32(33,)
  %5 = slice(%0) {begin=[0], end=[128], step=[2]} : f32(64,)
  %6 = slice(%1) {begin=[64], end=[128], step=[1]} : f32(64,)
  %7 = pack(%2, %3) {slot=64} : f32(128,)
  %8 = pack(%3, %2) {slot=64} : f32(128,)
  %9 = pack(%4) {slot=64} : f32(64,)
  %10 = pack(%5) {slot=64} : f32(64,)
  %11 = pack(%2, %6) {slot=64} : f32(128,)
  return %7
  return %8
  return %9
  return %10
  return %11
}
)";
  EXPECT_EQ(after(simplify, text.substr(1)), text);
}

TEST(Simplify, CastsThereAndBackOnlyWhereNothingIsLost) {
  EXPECT_EQ(after(simplify, R"(graph {
  %0 = input argument "x" : f32(3,)
  %1 = cast(%0) {dtype=f64} : f64(3,)
  %2 = cast(%1) {dtype=f32} : f32(3,)
  %3 = cast(%0) {dtype=bf16} : bf16(3,)
  %4 = cast(%3) {dtype=f32} : f32(3,)
  %5 = cast(%3) {dtype=f64} : f64(3,)
  return %2
  return %4
  return %5
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(3,)
  %1 = cast(%0) {dtype=bf16} : bf16(3,)
  %2 = cast(%1) {dtype=f32} : f32(3,)
  %3 = cast(%1) {dtype=f64} : f64(3,)
  return %0
  return %2
  return %3
}
)");
}

TEST(Simplify, ReadersBroadcastAndTransposeByThemselves) {
  EXPECT_EQ(after(simplify, R"(graph {
  %0 = input argument "x" : f32(4, 3)
  %1 = input argument "row" : f32(3,)
  %2 = input argument "one" : f32()
  %3 = broadcast_to(%1) {shape=[4, 3]} : f32(4, 3)
  %4 = add(%0, %3) : f32(4, 3)
  %5 = exp(%3) : f32(4, 3)
  %6 = reshape(%2) {shape=[1]} : f32(1,)
  %7 = broadcast_to(%6) {shape=[4]} : f32(4,)
  %8 = reshape(%7) {shape=[4, 1]} : f32(4, 1)
  %9 = multiply(%4, %8) : f32(4, 3)
  %10 = transpose(%9) {perm=[1, 0]} : f32(3, 4)
  %11 = matmul(%10, %5) {trans_a=false, trans_b=false} : f32(3, 3)
  return %11
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(4, 3)
  %1 = input argument "row" : f32(3,)
  %2 = input argument "one" : f32()
  %3 = broadcast_to(%1) {shape=[4, 3]} : f32(4, 3)
  %4 = add(%0, %1) : f32(4, 3)
  %5 = exp(%3) : f32(4, 3)
  %6 = multiply(%4, %2) : f32(4, 3)
  %7 = matmul(%6, %5) {trans_a=true, trans_b=false} : f32(3, 3)
  return %7
}
)");
}

TEST(Share, MakesOneNodeOfEqualOnes) {
  EXPECT_EQ(after(share, R"(graph {
  %0 = input argument "x" : f32(3,)
  %1 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %2 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %3 = full() {dtype=f32, shape=[], value=-0.0} : f32()
  %4 = add(%0, %1) : f32(3,)
  %5 = add(%0, %2) : f32(3,)
  %6 = add(%0, %3) : f32(3,)
  %7 = multiply(%4, %5) : f32(3,)
  %8 = multiply(%7, %6) : f32(3,)
  return %8
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(3,)
  %1 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %2 = full() {dtype=f32, shape=[], value=-0.0} : f32()
  %3 = add(%0, %1) : f32(3,)
  %4 = add(%0, %2) : f32(3,)
  %5 = multiply(%3, %3) : f32(3,)
  %6 = multiply(%5, %4) : f32(3,)
  return %6
}
)");
}

TEST(Expand, TakesDropoutAndMeanApart) {
  EXPECT_EQ(after(expand, R"(graph {
  %0 = input argument "x" : f32(4, 2)
  %1 = input variable "generator" : i64(2,)
  %2 = dropout(%0, %1) {ordinal=3, rate=0.2} : f32(4, 2) @ 2
  %3 = mean(%2) {axes=[0], keep=false} : f32(2,)
  return %3
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(4, 2)
  %1 = input variable "generator" : i64(2,)
  %2 = uniform(%1) {dtype=f32, ordinal=3, shape=[4, 2]} : f32(4, 2) @ 2
  %3 = full() {dtype=f32, shape=[], value=0.20000000298023224} : f32() @ 2
  %4 = greater_equal(%2, %3) : bool(4, 2) @ 2
  %5 = full() {dtype=f32, shape=[], value=1.25} : f32() @ 2
  %6 = full() {dtype=f32, shape=[], value=0.0} : f32() @ 2
  %7 = where(%4, %5, %6) : f32(4, 2) @ 2
  %8 = multiply(%0, %7) : f32(4, 2) @ 2
  %9 = sum(%8) {axes=[0], keep=false} : f32(2,)
  %10 = full() {dtype=f32, shape=[], value=4.0} : f32()
  %11 = divide(%9, %10) : f32(2,)
  return %11
}
)");
}

TEST(TakeApart, ANormIsItsStatisticsAndAFormula) {
  EXPECT_EQ(after(take_apart, R"(graph {
  %0 = input argument "x" : bf16(4, 2)
  %1 = input variable "w" : f32(2,)
  %2:4 = batch_norm(%0, %1, %1) {eps=0.5} : bf16(4, 2), f32(2,), f32(2,), f32(2,) @ norm
  return %2
  return %2.2
}
)"),
            R"(
graph {
  %0 = input argument "x" : bf16(4, 2)
  %1 = input variable "w" : f32(2,)
  %2:4 = batch_norm_statistics(%0) {eps=0.5} : f32(2,), f32(2,), f32(2,), f32(2,) @ norm
  %3 = cast(%0) {dtype=f32} : f32(4, 2) @ norm
  %4 = subtract(%3, %2) : f32(4, 2) @ norm
  %5 = subtract(%4, %2.3) : f32(4, 2) @ norm
  %6 = multiply(%5, %2.2) : f32(4, 2) @ norm
  %7 = multiply(%6, %1) : f32(4, 2) @ norm
  %8 = add(%7, %1) : f32(4, 2) @ norm
  %9 = cast(%8) {dtype=bf16} : bf16(4, 2) @ norm
  return %9
  return %2.1
}
)");
}

// Each pass over the elements widens and centers them anew.
TEST(TakeApart, TheGradientOfANormIsTwoPasses) {
  const auto optimized = [](const ir::Graph& graph) { return optimize(graph); };
  EXPECT_EQ(after(optimized, R"(graph {
  %0 = input argument "x" : bf16(4, 2)
  %1 = input argument "dy" : bf16(4, 2)
  %2 = input variable "w" : f32(2,)
  %3 = input argument "mean" : f32(2,)
  %4 = input argument "rstd" : f32(2,)
  %5 = input argument "y" : bf16(4, 2)
  %6 = full() {dtype=bf16, shape=[], value=0.0} : bf16()
  %7 = greater(%5, %6) : bool(4, 2)
  %8 = where(%7, %1, %6) : bf16(4, 2)
  %9:3 = batch_norm_grad(%8, %0, %2, %3, %4) : bf16(4, 2), f32(2,), f32(2,)
  return %9
  return %9.1
  return %9.2
  return %8
}
)"),
            R"(
graph {
  %0 = input argument "x" : bf16(4, 2)
  %1 = input argument "dy" : bf16(4, 2)
  %2 = input variable "w" : f32(2,)
  %3 = input argument "mean" : f32(2,)
  %4 = input argument "rstd" : f32(2,)
  %5 = input argument "y" : bf16(4, 2)
  %6:3 = pointwise(%5, %1, %0, %3, %4) : bf16(4, 2), f32(1, 2), f32(1, 2) region elementwise {
    %0 = input argument "" : bf16(4, 2)
    %1 = input argument "" : bf16(4, 2)
    %2 = input argument "" : bf16(4, 2)
    %3 = input argument "" : f32(2,)
    %4 = input argument "" : f32(2,)
    %5 = full() {dtype=bf16, shape=[], value=0.0} : bf16()
    %6 = greater(%0, %5) : bool(4, 2)
    %7 = where(%6, %1, %5) : bf16(4, 2)
    %8 = cast(%7) {dtype=f32} : f32(4, 2)
    %9 = sum(%8) {axes=[0], keep=true} : f32(1, 2)
    %10 = cast(%2) {dtype=f32} : f32(4, 2)
    %11 = subtract(%10, %3) : f32(4, 2)
    %12 = multiply(%11, %4) : f32(4, 2)
    %13 = cast(%7) {dtype=f32} : f32(4, 2)
    %14 = multiply(%13, %12) : f32(4, 2)
    %15 = sum(%14) {axes=[0], keep=true} : f32(1, 2)
    return %7
    return %9
    return %15
  }
  %7 = reshape(%6.1) {shape=[2]} : f32(2,)
  %8 = reshape(%6.2) {shape=[2]} : f32(2,)
  %9 = pointwise(%0, %3, %4, %8, %7, %6, %2) : bf16(4, 2) region elementwise {
    %0 = input argument "" : bf16(4, 2)
    %1 = input argument "" : f32(2,)
    %2 = input argument "" : f32(2,)
    %3 = input argument "" : f32(2,)
    %4 = input argument "" : f32(2,)
    %5 = input argument "" : bf16(4, 2)
    %6 = input argument "" : f32(2,)
    %7 = cast(%0) {dtype=f32} : f32(4, 2)
    %8 = subtract(%7, %1) : f32(4, 2)
    %9 = multiply(%8, %2) : f32(4, 2)
    %10 = multiply(%9, %3) : f32(4, 2)
    %11 = add(%4, %10) : f32(4, 2)
    %12 = full() {dtype=f32, shape=[], value=0.25} : f32()
    %13 = multiply(%11, %12) : f32(4, 2)
    %14 = cast(%5) {dtype=f32} : f32(4, 2)
    %15 = subtract(%14, %13) : f32(4, 2)
    %16 = multiply(%15, %2) : f32(4, 2)
    %17 = multiply(%16, %6) : f32(4, 2)
    %18 = cast(%17) {dtype=bf16} : bf16(4, 2)
    return %18
  }
  return %9
  return %8
  return %7
  return %6
}
)");
}

}  // namespace
}  // namespace weft::testing
