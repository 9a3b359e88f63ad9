// SPDX-License-Identifier: Apache-2.0
#include "core/passes/lower/mixed_precision.h"

#include <gtest/gtest.h>

#include "core/passes/cleanup/cse.h"
#include "tests/core/passes/passes.h"

namespace weft::testing {
using namespace passes;
namespace {

ir::Graph to_bf16(const ir::Graph& graph) { return lower_precision(graph, DType::kBF16); }

TEST(Precision, RoundsActivationsAndTheirGradientsNotWeights) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input variable "w1" : f32(8, 4)
  %1 = input variable "b1" : f32(8,)
  %2 = input variable "w2" : f32(3, 8)
  %3 = input argument "x" : f32(5, 4)
  %4 = input argument "target" : f32(5, 3)
  %5 = matmul(%3, %0) {trans_a=false, trans_b=true} : f32(5, 8) @ 0
  %6 = add(%5, %1) : f32(5, 8) @ 0
  %7 = relu(%6) : f32(5, 8) @ 1
  %8 = matmul(%7, %2) {trans_a=false, trans_b=true} : f32(5, 3) @ 2
  %9 = subtract(%8, %4) : f32(5, 3)
  %10 = square(%9) : f32(5, 3)
  %11 = sum(%10) {axes=[0, 1], keep=false} : f32()
  %12 = matmul(%9, %7) {trans_a=true, trans_b=false} : f32(3, 8) @ 2
  %13 = matmul(%9, %2) {trans_a=false, trans_b=false} : f32(5, 8) @ 2
  %14 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %15 = greater(%7, %14) : bool(5, 8) @ 1
  %16 = where(%15, %13, %14) : f32(5, 8) @ 1
  %17 = matmul(%16, %3) {trans_a=true, trans_b=false} : f32(8, 4) @ 0
  %18 = sum(%16) {axes=[0], keep=false} : f32(8,) @ 0
  %19 = subtract(%0, %17) : f32(8, 4)
  %20 = subtract(%1, %18) : f32(8,)
  %21 = subtract(%2, %12) : f32(3, 8)
  return %11
  assign "w1" = %19
  assign "b1" = %20
  assign "w2" = %21
}
)"),
            R"(
graph {
  %0 = input variable "w1" : f32(8, 4)
  %1 = input variable "b1" : f32(8,)
  %2 = input variable "w2" : f32(3, 8)
  %3 = input argument "x" : f32(5, 4)
  %4 = input argument "target" : f32(5, 3)
  %5 = cast(%3) {dtype=bf16} : bf16(5, 4) @ 0
  %6 = cast(%0) {dtype=bf16} : bf16(8, 4) @ 0
  %7 = matmul(%5, %6) {dtype=f32, trans_a=false, trans_b=true} : f32(5, 8) @ 0
  %8 = add(%7, %1) : f32(5, 8) @ 0
  %9 = relu(%8) : f32(5, 8) @ 1
  %10 = cast(%9) {dtype=bf16} : bf16(5, 8) @ 1
  %11 = cast(%2) {dtype=bf16} : bf16(3, 8) @ 2
  %12 = matmul(%10, %11) {trans_a=false, trans_b=true} : bf16(5, 3) @ 2
  %13 = cast(%12) {dtype=f32} : f32(5, 3)
  %14 = subtract(%13, %4) : f32(5, 3)
  %15 = cast(%14) {dtype=bf16} : bf16(5, 3)
  %16 = cast(%15) {dtype=f32} : f32(5, 3)
  %17 = square(%16) : f32(5, 3)
  %18 = sum(%17) {axes=[0, 1], keep=false} : f32()
  %19 = matmul(%15, %10) {dtype=f32, trans_a=true, trans_b=false} : f32(3, 8) @ 2
  %20 = matmul(%15, %11) {trans_a=false, trans_b=false} : bf16(5, 8) @ 2
  %21 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %22 = cast(%10) {dtype=f32} : f32(5, 8) @ 1
  %23 = greater(%22, %21) : bool(5, 8) @ 1
  %24 = cast(%20) {dtype=f32} : f32(5, 8) @ 1
  %25 = where(%23, %24, %21) : f32(5, 8) @ 1
  %26 = cast(%25) {dtype=bf16} : bf16(5, 8) @ 1
  %27 = matmul(%26, %5) {dtype=f32, trans_a=true, trans_b=false} : f32(8, 4) @ 0
  %28 = cast(%26) {dtype=f32} : f32(5, 8) @ 0
  %29 = sum(%28) {axes=[0], keep=false} : f32(8,) @ 0
  %30 = subtract(%0, %27) : f32(8, 4)
  %31 = subtract(%1, %29) : f32(8,)
  %32 = subtract(%2, %19) : f32(3, 8)
  return %18
  assign "w1" = %30
  assign "b1" = %31
  assign "w2" = %32
}
)");
}

TEST(Precision, ReturnsF32) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input variable "w" : f32(3, 4)
  %1 = input variable "b" : f32(3,)
  %2 = input argument "x" : f32(5, 4)
  %3 = matmul(%2, %0) {trans_a=false, trans_b=true} : f32(5, 3)
  %4 = add(%3, %1) : f32(5, 3)
  %5 = relu(%4) : f32(5, 3)
  return %5
}
)"),
            R"(
graph {
  %0 = input variable "w" : f32(3, 4)
  %1 = input variable "b" : f32(3,)
  %2 = input argument "x" : f32(5, 4)
  %3 = cast(%2) {dtype=bf16} : bf16(5, 4)
  %4 = cast(%0) {dtype=bf16} : bf16(3, 4)
  %5 = matmul(%3, %4) {dtype=f32, trans_a=false, trans_b=true} : f32(5, 3)
  %6 = add(%5, %1) : f32(5, 3)
  %7 = relu(%6) : f32(5, 3)
  return %7
}
)");
}

TEST(Precision, AWeightMovedInTheSameProgramStaysF32) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input variable "w" : f32(4, 4)
  %1 = input argument "x" : f32(5, 4)
  %2 = matmul(%1, %0) {trans_a=false, trans_b=false} : f32(5, 4)
  %3 = matmul(%1, %2) {trans_a=true, trans_b=false} : f32(4, 4)
  %4 = subtract(%0, %3) : f32(4, 4)
  %5 = matmul(%1, %4) {trans_a=false, trans_b=false} : f32(5, 4)
  %6 = matmul(%1, %5) {trans_a=true, trans_b=false} : f32(4, 4)
  %7 = subtract(%4, %6) : f32(4, 4)
  assign "w" = %7
}
)"),
            R"(
graph {
  %0 = input variable "w" : f32(4, 4)
  %1 = input argument "x" : f32(5, 4)
  %2 = cast(%1) {dtype=bf16} : bf16(5, 4)
  %3 = cast(%0) {dtype=bf16} : bf16(4, 4)
  %4 = matmul(%2, %3) {trans_a=false, trans_b=false} : bf16(5, 4)
  %5 = matmul(%2, %4) {dtype=f32, trans_a=true, trans_b=false} : f32(4, 4)
  %6 = subtract(%0, %5) : f32(4, 4)
  %7 = cast(%6) {dtype=bf16} : bf16(4, 4)
  %8 = matmul(%2, %7) {trans_a=false, trans_b=false} : bf16(5, 4)
  %9 = matmul(%2, %8) {dtype=f32, trans_a=true, trans_b=false} : f32(4, 4)
  %10 = subtract(%6, %9) : f32(4, 4)
  assign "w" = %10
}
)");
}

TEST(Precision, WhatIsKeptForLaterIsRounded) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input variable "w" : f32(4, 4)
  %1 = input argument "x" : f32(5, 4)
  %2 = matmul(%1, %0) {trans_a=false, trans_b=true} : f32(5, 4)
  %3 = input variable "b" : f32(4,)
  %4 = add(%2, %3) : f32(5, 4)
  %5 = sin(%4) : f32(5, 4)
  %6 = matmul(%5, %0) {trans_a=false, trans_b=false} : f32(5, 4)
  %7 = cos(%4) : f32(5, 4)
  %8 = multiply(%6, %7) : f32(5, 4)
  %9 = matmul(%8, %1) {trans_a=true, trans_b=false} : f32(4, 4)
  return %9
}
)"),
            R"(
graph {
  %0 = input variable "w" : f32(4, 4)
  %1 = input argument "x" : f32(5, 4)
  %2 = cast(%1) {dtype=bf16} : bf16(5, 4)
  %3 = cast(%0) {dtype=bf16} : bf16(4, 4)
  %4 = matmul(%2, %3) {dtype=f32, trans_a=false, trans_b=true} : f32(5, 4)
  %5 = input variable "b" : f32(4,)
  %6 = add(%4, %5) : f32(5, 4)
  %7 = cast(%6) {dtype=bf16} : bf16(5, 4)
  %8 = cast(%7) {dtype=f32} : f32(5, 4)
  %9 = sin(%8) : f32(5, 4)
  %10 = cast(%9) {dtype=bf16} : bf16(5, 4)
  %11 = matmul(%10, %3) {trans_a=false, trans_b=false} : bf16(5, 4)
  %12 = cast(%7) {dtype=f32} : f32(5, 4)
  %13 = cos(%12) : f32(5, 4)
  %14 = cast(%11) {dtype=f32} : f32(5, 4)
  %15 = multiply(%14, %13) : f32(5, 4)
  %16 = cast(%15) {dtype=bf16} : bf16(5, 4)
  %17 = matmul(%16, %2) {dtype=f32, trans_a=true, trans_b=false} : f32(4, 4)
  return %17
}
)");
}

TEST(Precision, NormsAndLossesTakeWhatIsStored) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input variable "w" : f32(4, 4)
  %1 = input variable "gamma" : f32(4,)
  %2 = input variable "beta" : f32(4,)
  %3 = input argument "x" : f32(5, 4)
  %4 = input argument "label" : i64(5,)
  %5 = matmul(%3, %0) {trans_a=false, trans_b=true} : f32(5, 4)
  %6:4 = batch_norm(%5, %1, %2) {eps=0.5} : f32(5, 4), f32(4,), f32(4,), f32(4,)
  %7:3 = softmax_cross_entropy(%6, %4) {ignore_index=-100, label_smoothing=0.0} : f32(5,), f32(5, 4), f32(5,)
  %8:3 = batch_norm_grad(%7.1, %5, %1, %6.1, %6.3) : f32(5, 4), f32(4,), f32(4,)
  %9 = matmul(%8, %3) {trans_a=true, trans_b=false} : f32(4, 4)
  return %7
  return %8.1
  return %9
}
)"),
            R"(
graph {
  %0 = input variable "w" : f32(4, 4)
  %1 = input variable "gamma" : f32(4,)
  %2 = input variable "beta" : f32(4,)
  %3 = input argument "x" : f32(5, 4)
  %4 = input argument "label" : i64(5,)
  %5 = cast(%3) {dtype=bf16} : bf16(5, 4)
  %6 = cast(%0) {dtype=bf16} : bf16(4, 4)
  %7 = matmul(%5, %6) {trans_a=false, trans_b=true} : bf16(5, 4)
  %8:4 = batch_norm(%7, %1, %2) {eps=0.5} : bf16(5, 4), f32(4,), f32(4,), f32(4,)
  %9:3 = softmax_cross_entropy(%8, %4) {ignore_index=-100, label_smoothing=0.0} : f32(5,), bf16(5, 4), f32(5,)
  %10:3 = batch_norm_grad(%9.1, %7, %1, %8.1, %8.3) : bf16(5, 4), f32(4,), f32(4,)
  %11 = matmul(%10, %5) {dtype=f32, trans_a=true, trans_b=false} : f32(4, 4)
  return %9
  return %10.1
  return %11
}
)");
}

TEST(Precision, SumsAndExponentialsStayF32) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input argument "x" : f32(5, 4)
  %1 = matmul(%0, %0) {trans_a=false, trans_b=true} : f32(5, 5)
  %2 = exp(%1) : f32(5, 5)
  %3 = sum(%2) {axes=[1], keep=true} : f32(5, 1)
  %4 = divide(%2, %3) : f32(5, 5)
  %5 = matmul(%4, %0) {trans_a=false, trans_b=false} : f32(5, 4)
  return %5
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(5, 4)
  %1 = cast(%0) {dtype=bf16} : bf16(5, 4)
  %2 = matmul(%1, %1) {trans_a=false, trans_b=true} : bf16(5, 5)
  %3 = cast(%2) {dtype=f32} : f32(5, 5)
  %4 = exp(%3) : f32(5, 5)
  %5 = sum(%4) {axes=[1], keep=true} : f32(5, 1)
  %6 = divide(%4, %5) : f32(5, 5)
  %7 = cast(%6) {dtype=bf16} : bf16(5, 5)
  %8 = matmul(%7, %1) {dtype=f32, trans_a=false, trans_b=false} : f32(5, 4)
  return %8
}
)");
}

TEST(Precision, WhatIsMovedStaysAsItIsStored) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input variable "w" : f32(3, 8)
  %1 = input argument "x" : f32(2, 4, 4)
  %2 = matmul(%1, %1) {trans_a=false, trans_b=true} : f32(2, 4, 4)
  %3 = relu(%2) : f32(2, 4, 4)
  %4 = reshape(%3) {shape=[4, 8]} : f32(4, 8)
  %5 = matmul(%4, %0) {trans_a=false, trans_b=true} : f32(4, 3)
  return %5
}
)"),
            R"(
graph {
  %0 = input variable "w" : f32(3, 8)
  %1 = input argument "x" : f32(2, 4, 4)
  %2 = cast(%1) {dtype=bf16} : bf16(2, 4, 4)
  %3 = matmul(%2, %2) {trans_a=false, trans_b=true} : bf16(2, 4, 4)
  %4 = cast(%3) {dtype=f32} : f32(2, 4, 4)
  %5 = relu(%4) : f32(2, 4, 4)
  %6 = cast(%5) {dtype=bf16} : bf16(2, 4, 4)
  %7 = reshape(%6) {shape=[4, 8]} : bf16(4, 8)
  %8 = cast(%0) {dtype=bf16} : bf16(3, 8)
  %9 = matmul(%7, %8) {dtype=f32, trans_a=false, trans_b=true} : f32(4, 3)
  return %9
}
)");
}

TEST(Precision, ImagesArePooledAsTheyAreStored) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input variable "w" : f32(3, 8)
  %1 = input argument "x" : f32(2, 8, 4)
  %2 = matmul(%1, %1) {trans_a=false, trans_b=true} : f32(2, 8, 8)
  %3:2 = max_pool(%2) {dilations=[1], padding_high=[0], padding_low=[0], strides=[2], window=[2]} : f32(2, 4, 8), u8(2, 4, 8)
  %4 = matmul(%3, %0) {trans_a=false, trans_b=true} : f32(2, 4, 3)
  return %4
}
)"),
            R"(
graph {
  %0 = input variable "w" : f32(3, 8)
  %1 = input argument "x" : f32(2, 8, 4)
  %2 = cast(%1) {dtype=bf16} : bf16(2, 8, 4)
  %3 = matmul(%2, %2) {trans_a=false, trans_b=true} : bf16(2, 8, 8)
  %4:2 = max_pool(%3) {dilations=[1], padding_high=[0], padding_low=[0], strides=[2], window=[2]} : bf16(2, 4, 8), u8(2, 4, 8)
  %5 = cast(%0) {dtype=bf16} : bf16(3, 8)
  %6 = matmul(%4, %5) {dtype=f32, trans_a=false, trans_b=true} : f32(2, 4, 3)
  return %6
}
)");
}

TEST(Precision, LeavesOtherDtypes) {
  EXPECT_EQ(after(to_bf16, R"(graph {
  %0 = input argument "x" : f64(4, 4)
  %1 = input argument "y" : bf16(4, 4)
  %2 = input argument "z" : f32(4, 4)
  %3 = matmul(%0, %0) {trans_a=false, trans_b=false} : f64(4, 4)
  %4 = matmul(%1, %1) {trans_a=false, trans_b=false} : bf16(4, 4)
  %5 = exp(%2) : f32(4, 4)
  return %3
  return %4
  return %5
}
)"),
            R"(
graph {
  %0 = input argument "x" : f64(4, 4)
  %1 = input argument "y" : bf16(4, 4)
  %2 = input argument "z" : f32(4, 4)
  %3 = matmul(%0, %0) {trans_a=false, trans_b=false} : f64(4, 4)
  %4 = matmul(%1, %1) {trans_a=false, trans_b=false} : bf16(4, 4)
  %5 = exp(%2) : f32(4, 4)
  return %3
  return %4
  return %5
}
)");
}

// One f32 copy for all readers would be a tensor of twice the size, kept from the first to the last.
TEST(Share, LeavesEveryReaderItsOwnCastFrom16Bits) {
  const char* text = R"(
graph {
  %0 = input argument "x" : bf16(3,)
  %1 = cast(%0) {dtype=f32} : f32(3,)
  %2 = cast(%0) {dtype=f32} : f32(3,)
  %3 = exp(%1) : f32(3,)
  return %3
  return %2
}
)";
  EXPECT_EQ(after(share, text + 1), text);
}

}  // namespace
}  // namespace weft::testing
