// SPDX-License-Identifier: Apache-2.0
#include "core/ops/memory.h"

#include <gtest/gtest.h>

#include "core/ir/read.h"

namespace weft::testing {
using namespace ops;
namespace {

ir::Graph graph_of(const std::string& lines) { return ir::read("graph {" + lines + "}"); }

TEST(Memory, ABodysOutputMayLieOverAnOperandThatIsReadNowhereElse) {
  // Output 0 is computed of both operands, 1 is a reduction, 2 hands the second operand on as another dtype.
  const ir::Graph graph = graph_of(R"(
    %0 = input argument "a" : f32(4, 5)
    %1 = input argument "b" : f32(4, 5)
    %2:3 = pointwise(%0, %1) : f32(4, 5), f32(5), bf16(4, 5) region elementwise {
      %0 = input argument "x" : f32(4, 5)
      %1 = input argument "y" : f32(4, 5)
      %2 = multiply(%0, %1) : f32(4, 5)
      %3 = sum(%2) {axes=[0], keep=false} : f32(5)
      %4 = cast(%1) {dtype=bf16} : bf16(4, 5)
      return %2
      return %3
      return %4
    }
    return %2)");
  const ir::Node& node = graph.nodes.back();
  EXPECT_TRUE(may_run_in_place(node, 0, 0));
  EXPECT_FALSE(may_run_in_place(node, 0, 1));
  EXPECT_FALSE(may_run_in_place(node, 1, 0));
}

TEST(Memory, AnEpiloguesOutputMayLieOverItsOwnOperandsAlone) {
  const ir::Graph graph = graph_of(R"(
    %0 = input argument "a" : f32(4, 4)
    %1 = input argument "b" : f32(4, 4)
    %2 = input argument "c" : f32(4, 4)
    %3:2 = matmul_epilogue(%0, %1, %2) {trans_a=false, trans_b=false} : f32(4, 4), f32(4, 4) region epilogue {
      %0 = input argument "product" : f32(4, 4)
      %1 = input argument "c" : f32(4, 4)
      %2 = multiply(%0, %1) : f32(4, 4)
      return %2
      return %0
    }
    return %3)");
  const ir::Node& node = graph.nodes.back();
  EXPECT_TRUE(may_run_in_place(node, 0, 2));
  EXPECT_FALSE(may_run_in_place(node, 0, 0));
  EXPECT_FALSE(may_run_in_place(node, 0, 1));
  // The product itself may be written before the body reads its operands.
  EXPECT_FALSE(may_run_in_place(node, 1, 2));
}

// The mask has as many bytes as the result here, and the argument of a GELU its very spec; a matrix library may read
// them when it has written.
TEST(Memory, NoResultOfALibrarysEpilogueLiesOverWhatItReads) {
  const ir::Graph graph = graph_of(R"(
    %0 = input argument "a" : bf16(4, 8)
    %1 = input argument "b" : bf16(8, 8)
    %2 = input argument "bits" : u8(4, 16)
    %3 = input argument "x" : bf16(4, 8)
    %4 = matmul_epilogue(%0, %1, %2) {trans_a=false, trans_b=false} : bf16(4, 8) region epilogue {
      %0 = input argument "product" : bf16(4, 8)
      %1 = input argument "bits" : u8(4, 16)
      %2 = relu_bits_grad(%0, %1) : bf16(4, 8)
      return %2
    }
    %5 = matmul_epilogue(%0, %1, %3) {trans_a=false, trans_b=false} : bf16(4, 8) region epilogue {
      %0 = input argument "product" : bf16(4, 8)
      %1 = input argument "x" : bf16(4, 8)
      %2 = gelu_tanh_grad(%0, %1) : bf16(4, 8)
      return %2
    }
    %6:2 = matmul_sums(%0, %1) {operand=0, trans_a=false, trans_b=false} : bf16(4, 8), bf16(4)
    return %4
    return %5)");
  for (std::size_t n = 4; n < graph.nodes.size(); ++n)
    for (std::size_t i = 0; i < graph.nodes[n].inputs.size(); ++i) EXPECT_FALSE(may_run_in_place(graph.nodes[n], 0, i));
}

TEST(Memory, OfSingleOps) {
  const auto last = [](const std::string& lines) { return graph_of(lines).nodes.back(); };
  const ir::Node add = last(R"(%0 = input argument "a" : f32(4) %1 = add(%0, %0) : f32(4) return %1)");
  EXPECT_TRUE(may_run_in_place(add, 0, 0) && may_run_in_place(add, 0, 1));
  const ir::Node loss = last(R"(%0 = input argument "x" : f32(4, 3) %1 = input argument "y" : i64(4)
    %2:3 = softmax_cross_entropy(%0, %1) {ignore_index=-100, label_smoothing=0.0} : f32(4), f32(4, 3), f32(4)
    return %2)");
  EXPECT_TRUE(may_run_in_place(loss, 1, 0));
  EXPECT_FALSE(may_run_in_place(loss, 0, 0) || may_run_in_place(loss, 1, 1) || may_run_in_place(loss, 2, 0));
  const ir::Node sum =
      last(R"(%0 = input argument "x" : f32(4) %1 = sum(%0) {axes=[0], keep=true} : f32(1) return %1)");
  EXPECT_FALSE(may_run_in_place(sum, 0, 0));
}

TEST(Memory, PartsLieSideBySideWhereTheAxisIsTheOutermost) {
  using Offsets = std::vector<std::int64_t>;
  const auto offsets = [](const std::string& lines) {
    const ir::Graph graph = graph_of(lines);
    return part_offsets(graph, graph.nodes.back());
  };
  const std::string inputs = R"(%0 = input argument "a" : f32(1, 64) %1 = input argument "b" : f32(1, 10) )";
  EXPECT_EQ(offsets(inputs + "%2 = concat(%0, %1) {axis=1} : f32(1, 74) return %2"), (Offsets{0, 256}));
  EXPECT_EQ(offsets(inputs + "%2 = concat(%0, %0) {axis=0} : f32(2, 64) return %2"), (Offsets{0, 256}));
  EXPECT_EQ(offsets(R"(%0 = input argument "a" : f32(2, 3) %1 = concat(%0, %0) {axis=1} : f32(2, 6) return %1)"),
            Offsets{});
  EXPECT_EQ(offsets(R"(%0 = input argument "a" : f32(65) %1 = pack(%0, %0) {slot=64} : f32(256) return %1)"),
            (Offsets{0, 512}));
}

}  // namespace
}  // namespace weft::testing
