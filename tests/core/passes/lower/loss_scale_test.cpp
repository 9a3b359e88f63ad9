// SPDX-License-Identifier: Apache-2.0
#include "core/passes/lower/loss_scale.h"

#include <gtest/gtest.h>

#include "tests/core/passes/passes.h"

namespace weft::testing {
using namespace passes;
namespace {

// The gradient of a mean: the factor waits for the rows' weights, not for the loss.
TEST(LossScale, OfAMeanIsTakenByTheLoss) {
  EXPECT_EQ(after(fold_loss_scale, R"(graph {
  %0 = input argument "logits" : f32(2048, 1000)
  %1 = input argument "label" : i64(2048,)
  %2:3 = softmax_cross_entropy(%0, %1) {ignore_index=7, label_smoothing=0.0} : f32(2048,), f32(2048, 1000), f32(2048,) @ head
  %3 = sum(%2) {axes=[0], keep=false} : f32()
  %4 = sum(%2.2) {axes=[0], keep=false} : f32()
  %5 = divide(%3, %4) : f32()
  %6 = input variable "scale" : f32()
  %7 = divide(%6, %4) : f32()
  %8 = multiply(%7, %2.1) : f32(2048, 1000)
  %9 = sum(%8) {axes=[0], keep=false} : f32(1000,)
  return %5
  return %8
  return %9
}
)"),
            R"(
graph {
  %0 = input argument "logits" : f32(2048, 1000)
  %1 = input argument "label" : i64(2048,)
  %2 = input variable "scale" : f32()
  %3 = full() {dtype=i64, shape=[], value=0.0} : i64() @ head
  %4 = greater_equal(%1, %3) : bool(2048,) @ head
  %5 = full() {dtype=i64, shape=[], value=1000.0} : i64() @ head
  %6 = less(%1, %5) : bool(2048,) @ head
  %7 = logical_and(%4, %6) : bool(2048,) @ head
  %8 = full() {dtype=i64, shape=[], value=7.0} : i64() @ head
  %9 = not_equal(%1, %8) : bool(2048,) @ head
  %10 = logical_and(%7, %9) : bool(2048,) @ head
  %11 = cast(%10) {dtype=f32} : f32(2048,) @ head
  %12 = sum(%11) {axes=[0], keep=false} : f32()
  %13 = divide(%2, %12) : f32()
  %14:3 = softmax_cross_entropy_scaled(%0, %1, %13) {ignore_index=7, label_smoothing=0.0} : f32(2048,), f32(2048, 1000), f32(2048,) @ head
  %15 = sum(%14) {axes=[0], keep=false} : f32()
  %16 = divide(%15, %12) : f32()
  %17 = sum(%14.1) {axes=[0], keep=false} : f32(1000,)
  return %16
  return %14.1
  return %17
}
)");
}

// In 16 bits the gradient is widened, multiplied and rounded; the op rounds once.
TEST(LossScale, IsTakenBeforeRounding) {
  EXPECT_EQ(after(fold_loss_scale, R"(graph {
  %0 = input argument "logits" : bf16(2048, 1000)
  %1 = input argument "target" : bf16(2048, 1000)
  %2 = input argument "factors" : f32(2048,)
  %3:3 = softmax_cross_entropy(%0, %1) {ignore_index=-100, label_smoothing=0.0} : f32(2048,), bf16(2048, 1000), f32(2048,)
  %4 = reshape(%2) {shape=[2048, 1]} : f32(2048, 1)
  %5 = cast(%3.1) {dtype=f32} : f32(2048, 1000)
  %6 = multiply(%4, %5) : f32(2048, 1000)
  %7 = cast(%6) {dtype=bf16} : bf16(2048, 1000)
  %8 = sum(%6) {axes=[0], keep=false} : f32(1000,)
  return %3
  return %3.2
  return %7
  return %8
}
)"),
            R"(
graph {
  %0 = input argument "logits" : bf16(2048, 1000)
  %1 = input argument "target" : bf16(2048, 1000)
  %2 = input argument "factors" : f32(2048,)
  %3 = full() {dtype=f32, shape=[2048], value=1.0} : f32(2048,)
  %4 = reshape(%2) {shape=[2048, 1]} : f32(2048, 1)
  %5 = reshape(%4) {shape=[2048]} : f32(2048,)
  %6:3 = softmax_cross_entropy_scaled(%0, %1, %5) {ignore_index=-100, label_smoothing=0.0} : f32(2048,), bf16(2048, 1000), f32(2048,)
  %7 = cast(%6.1) {dtype=f32} : f32(2048, 1000)
  %8 = sum(%7) {axes=[0], keep=false} : f32(1000,)
  return %6
  return %3
  return %6.1
  return %8
}
)");
}

// A gradient that is read twice, a factor that the loss is part of, a factor per class, few logits, and class weights,
// which the rows' weights are looked up in.
TEST(LossScale, StaysOutsideOtherwise) {
  const char* text = R"(
graph {
  %0 = input argument "logits" : f32(2048, 1000)
  %1 = input argument "label" : i64(2048,)
  %2 = input argument "weight" : f32(1000,)
  %3 = input argument "few" : f32(2048, 10)
  %4 = full() {dtype=f32, shape=[], value=0.5} : f32()
  %5:3 = softmax_cross_entropy(%0, %1) {ignore_index=-100, label_smoothing=0.0} : f32(2048,), f32(2048, 1000), f32(2048,)
  %6 = multiply(%5.1, %4) : f32(2048, 1000)
  %7:3 = softmax_cross_entropy(%0, %1) {ignore_index=-100, label_smoothing=0.1} : f32(2048,), f32(2048, 1000), f32(2048,)
  %8 = sum(%7) {axes=[0], keep=false} : f32()
  %9 = multiply(%7.1, %8) : f32(2048, 1000)
  %10:3 = softmax_cross_entropy(%0, %1) {ignore_index=-100, label_smoothing=0.2} : f32(2048,), f32(2048, 1000), f32(2048,)
  %11 = multiply(%10.1, %2) : f32(2048, 1000)
  %12:3 = softmax_cross_entropy(%3, %1) {ignore_index=-100, label_smoothing=0.0} : f32(2048,), f32(2048, 10), f32(2048,)
  %13 = multiply(%12.1, %4) : f32(2048, 10)
  %14:3 = softmax_cross_entropy(%0, %1, %2) {ignore_index=-100, label_smoothing=0.0} : f32(2048,), f32(2048, 1000), f32(2048,)
  %15 = sum(%14.2) {axes=[0], keep=false} : f32()
  %16 = multiply(%14.1, %15) : f32(2048, 1000)
  return %5.1
  return %6
  return %9
  return %11
  return %13
  return %16
}
)";
  EXPECT_EQ(after(fold_loss_scale, text + 1), text);
}

}  // namespace
}  // namespace weft::testing
