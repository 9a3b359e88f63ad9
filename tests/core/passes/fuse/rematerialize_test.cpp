// SPDX-License-Identifier: Apache-2.0
// Tests of rematerialization: a value that depends on one stored activation alone is computed in the backward.
#include "core/passes/fuse/rematerialize.h"

#include <gtest/gtest.h>

#include "core/passes/fuse/regions.h"
#include "tests/core/passes/passes.h"

namespace weft::testing {
using namespace passes;
namespace {

// The weight's gradient reads the output of the ReLU, so that its mask need not be stored.
TEST(Late, AMaskIsTakenFromWhatIsStoredAnyway) {
  EXPECT_EQ(after(form_regions, R"(graph {
  %0 = input argument "product" : f32(5, 8)
  %1 = input argument "b" : f32(8,)
  %2 = input argument "w" : f32(3, 8)
  %3 = add(%0, %1) : f32(5, 8)
  %4 = relu(%3) : f32(5, 8)
  %5 = matmul(%4, %2) {trans_a=false, trans_b=true} : f32(5, 3)
  %6 = matmul(%5, %4) {trans_a=true, trans_b=false} : f32(3, 8)
  %7 = matmul(%5, %2) {trans_a=false, trans_b=false} : f32(5, 8)
  %8 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %9 = greater(%4, %8) : bool(5, 8)
  %10 = where(%9, %7, %8) : f32(5, 8)
  return %6
  return %10
}
)"),
            R"(
graph {
  %0 = input argument "product" : f32(5, 8)
  %1 = input argument "b" : f32(8,)
  %2 = input argument "w" : f32(3, 8)
  %3 = pointwise(%0, %1) : f32(5, 8) region elementwise {
    %0 = input argument "" : f32(5, 8)
    %1 = input argument "" : f32(8,)
    %2 = add(%0, %1) : f32(5, 8)
    %3 = relu(%2) : f32(5, 8)
    return %3
  }
  %4 = matmul(%3, %2) {trans_a=false, trans_b=true} : f32(5, 3)
  %5 = matmul(%4, %3) {trans_a=true, trans_b=false} : f32(3, 8)
  %6 = matmul(%4, %2) {trans_a=false, trans_b=false} : f32(5, 8)
  %7 = pointwise(%3, %6) : f32(5, 8) region elementwise {
    %0 = input argument "" : f32(5, 8)
    %1 = input argument "" : f32(5, 8)
    %2 = full() {dtype=f32, shape=[], value=0.0} : f32()
    %3 = greater(%0, %2) : bool(5, 8)
    %4 = where(%3, %1, %2) : f32(5, 8)
    return %4
  }
  return %5
  return %7
}
)");
}

// Nobody needs the output of this ReLU as late as its mask, which is a quarter of the bytes.
TEST(Late, AMaskIsStoredWhereItsOperandIsNot) {
  EXPECT_EQ(after(form_regions, R"(graph {
  %0 = input argument "product" : f32(5, 8)
  %1 = input argument "b" : f32(8,)
  %2 = input argument "w" : f32(3, 8)
  %3 = add(%0, %1) : f32(5, 8)
  %4 = relu(%3) : f32(5, 8)
  %5 = matmul(%4, %2) {trans_a=false, trans_b=true} : f32(5, 3)
  %6 = matmul(%5, %2) {trans_a=false, trans_b=false} : f32(5, 8)
  %7 = full() {dtype=f32, shape=[], value=0.0} : f32()
  %8 = greater(%4, %7) : bool(5, 8)
  %9 = where(%8, %6, %7) : f32(5, 8)
  return %9
}
)"),
            R"(
graph {
  %0 = input argument "product" : f32(5, 8)
  %1 = input argument "b" : f32(8,)
  %2 = input argument "w" : f32(3, 8)
  %3:2 = pointwise(%0, %1) : f32(5, 8), bool(5, 8) region elementwise {
    %0 = input argument "" : f32(5, 8)
    %1 = input argument "" : f32(8,)
    %2 = add(%0, %1) : f32(5, 8)
    %3 = relu(%2) : f32(5, 8)
    %4 = full() {dtype=f32, shape=[], value=0.0} : f32()
    %5 = greater(%3, %4) : bool(5, 8)
    return %3
    return %5
  }
  %4 = matmul(%3, %2) {trans_a=false, trans_b=true} : f32(5, 3)
  %5 = matmul(%4, %2) {trans_a=false, trans_b=false} : f32(5, 8)
  %6 = pointwise(%3.1, %5) : f32(5, 8) region elementwise {
    %0 = input argument "" : bool(5, 8)
    %1 = input argument "" : f32(5, 8)
    %2 = full() {dtype=f32, shape=[], value=0.0} : f32()
    %3 = where(%0, %1, %2) : f32(5, 8)
    return %3
  }
  return %6
}
)");
}

// A slope and its argument are the same bytes: the argument is stored, and the forward pass does without the slope.
TEST(Late, AnArgumentIsStoredForItsSlope) {
  EXPECT_EQ(after(form_regions, R"(graph {
  %0 = input argument "product" : f32(5, 8)
  %1 = input argument "b" : f32(8,)
  %2 = input argument "w" : f32(3, 8)
  %3 = add(%0, %1) : f32(5, 8)
  %4 = sin(%3) : f32(5, 8)
  %5 = matmul(%4, %2) {trans_a=false, trans_b=true} : f32(5, 3)
  %6 = matmul(%5, %2) {trans_a=false, trans_b=false} : f32(5, 8)
  %7 = cos(%3) : f32(5, 8)
  %8 = multiply(%6, %7) : f32(5, 8)
  return %8
}
)"),
            R"(
graph {
  %0 = input argument "product" : f32(5, 8)
  %1 = input argument "b" : f32(8,)
  %2 = input argument "w" : f32(3, 8)
  %3:2 = pointwise(%0, %1) : f32(5, 8), f32(5, 8) region elementwise {
    %0 = input argument "" : f32(5, 8)
    %1 = input argument "" : f32(8,)
    %2 = add(%0, %1) : f32(5, 8)
    %3 = sin(%2) : f32(5, 8)
    return %2
    return %3
  }
  %4 = matmul(%3.1, %2) {trans_a=false, trans_b=true} : f32(5, 3)
  %5 = matmul(%4, %2) {trans_a=false, trans_b=false} : f32(5, 8)
  %6 = pointwise(%3, %5) : f32(5, 8) region elementwise {
    %0 = input argument "" : f32(5, 8)
    %1 = input argument "" : f32(5, 8)
    %2 = cos(%0) : f32(5, 8)
    %3 = multiply(%1, %2) : f32(5, 8)
    return %3
  }
  return %6
}
)");
}

// A value that depends on two stored values is stored itself.
TEST(Late, WhatDependsOnTwoValuesIsNotLate) {
  EXPECT_EQ(after(form_regions, R"(graph {
  %0 = input argument "x" : f32(5, 8)
  %1 = input argument "w" : f32(8, 8)
  %2 = matmul(%0, %1) {trans_a=false, trans_b=false} : f32(5, 8)
  %3 = tanh(%2) : f32(5, 8)
  %4 = multiply(%3, %0) : f32(5, 8)
  %5 = matmul(%3, %1) {trans_a=false, trans_b=false} : f32(5, 8)
  %6 = add(%5, %4) : f32(5, 8)
  return %6
}
)"),
            R"(
graph {
  %0 = input argument "x" : f32(5, 8)
  %1 = input argument "w" : f32(8, 8)
  %2 = matmul(%0, %1) {trans_a=false, trans_b=false} : f32(5, 8)
  %3:2 = pointwise(%2, %0) : f32(5, 8), f32(5, 8) region elementwise {
    %0 = input argument "" : f32(5, 8)
    %1 = input argument "" : f32(5, 8)
    %2 = tanh(%0) : f32(5, 8)
    %3 = multiply(%2, %1) : f32(5, 8)
    return %2
    return %3
  }
  %4 = matmul(%3, %1) {trans_a=false, trans_b=false} : f32(5, 8)
  %5 = add(%4, %3.1) : f32(5, 8)
  return %5
}
)");
}

}  // namespace
}  // namespace weft::testing
