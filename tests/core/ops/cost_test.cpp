// SPDX-License-Identifier: Apache-2.0
#include "core/ops/cost.h"

#include <gtest/gtest.h>

#include "core/ir/read.h"

namespace weft::testing {
using namespace ops;
namespace {

// FLOPs of the last node.
double flops_of(const std::string& lines) {
  const Graph graph = ir::read("graph {" + lines + "}");
  return flops(graph, graph.nodes.back());
}

TEST(Cost, AProductIsTwoPerMultiplyAdd) {
  EXPECT_EQ(flops_of(R"(%0 = input argument "a" : f32(3, 5) %1 = input argument "b" : f32(5, 7)
                        %2 = matmul(%0, %1) {trans_a=false, trans_b=false} : f32(3, 7) return %2)"),
            2 * 3 * 5 * 7);
  EXPECT_EQ(flops_of(R"(%0 = input argument "a" : f32(2, 5, 3) %1 = input argument "b" : f32(2, 7, 5)
                        %2 = matmul(%0, %1) {trans_a=true, trans_b=true} : f32(2, 3, 7) return %2)"),
            2 * 2 * 3 * 5 * 7);
}

TEST(Cost, FunctionsCountPerElement) {
  const std::string inputs = R"(%0 = input argument "a" : f32(4, 1) %1 = input argument "b" : f32(5) )";
  EXPECT_EQ(flops_of(inputs + "%2 = add(%0, %1) : f32(4, 5) return %2"), 20);
  EXPECT_EQ(flops_of(inputs + "%2 = tanh(%1) : f32(5) return %2"), 40);
  EXPECT_EQ(flops_of(inputs + "%2 = reshape(%1) {shape=[1, 5]} : f32(1, 5) return %2"), 0);
  EXPECT_EQ(flops_of(inputs + "%2 = sum(%1) {axes=[0], keep=false} : f32() return %2"), 5);
}

// A lookup reads its index, and no more of the table than it gives.
TEST(Cost, LookupsReadWhatTheyPick) {
  const Graph graph = ir::read(R"(graph {
    %0 = input argument "table" : f32(1000, 8) %1 = input argument "index" : i64(3)
    %2 = take(%0, %1) {axis=0} : f32(3, 8)
    %3 = slice(%0) {begin=[1, 0], end=[3, 8], step=[1, 1]} : f32(2, 8)
    %4 = index_add(%0, %1, %2) {axis=0} : f32(1000, 8)
    return %2 return %3 return %4})");
  EXPECT_EQ(bytes_read(graph, graph.nodes[2], 0), 3 * 8 * 4);
  EXPECT_EQ(bytes_read(graph, graph.nodes[2], 1), 3 * 8);
  EXPECT_EQ(bytes_read(graph, graph.nodes[3], 0), 2 * 8 * 4);
  EXPECT_EQ(bytes_read(graph, graph.nodes[4], 0), 1000 * 8 * 4);
}

TEST(Cost, ABodyIsTheSumOfItsNodes) {
  EXPECT_EQ(flops_of(R"(%0 = input argument "a" : f32(4, 5)
                        %1 = pointwise(%0) : f32(4, 5) region elementwise {
                          %0 = input argument "x" : f32(4, 5)
                          %1 = multiply(%0, %0) : f32(4, 5)
                          %2 = exp(%1) : f32(4, 5)
                          return %2
                        }
                        return %1)"),
            20 * (1 + 8));
}

}  // namespace
}  // namespace weft::testing
