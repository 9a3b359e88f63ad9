// SPDX-License-Identifier: Apache-2.0
#include "core/ops/region.h"

#include <gtest/gtest.h>

#include <string>

#include "core/ir/read.h"
#include "core/ir/verify.h"
#include "weft/error.h"

namespace weft::testing {
using namespace ops;
namespace {

// The error of verifying a node with these lines as its region, on x of f32(4, 5) and a row of f32(5); "" if it is
// whole.
std::string error_of(const std::string& lines, const std::string& outputs, const std::string& kind = "elementwise") {
  const bool epilogue = kind == "epilogue";
  const std::string count = outputs.find("), ") == std::string::npos ? "" : ":2";
  const std::string node =
      epilogue ? "matmul_epilogue(%0, %2, %1) {trans_a=false, trans_b=false}" : "pointwise(%0, %1)";
  const Graph graph = ir::read(R"(graph {
    %0 = input argument "x" : f32(4, 5)
    %1 = input argument "row" : f32(5)
    %2 = input argument "w" : f32(5, 5)
    %3)" + count + " = " + node +
                               " : " + outputs + " @ model.1 region " + kind +
                               R"( {
      %0 = input argument "" : f32(4, 5)
      %1 = input argument "" : f32(5)
      )" + lines + R"(
    }
    return %3
  })");
  try {
    ir::verify(graph, infer_node);
  } catch (const ValueError& e) {
    return e.what();
  }
  return "";
}

TEST(Region, OfElementsHoldsWhatItsRuleSays) {
  EXPECT_EQ(error_of("%2 = add(%0, %1) : f32(4, 5) return %2", "f32(4, 5)"), "");
  EXPECT_EQ(error_of(R"(%2 = full() {dtype=f32, shape=[], value=2.0} : f32()
                        %3 = multiply(%0, %2) : f32(4, 5)
                        %4 = cast(%3) {dtype=bf16} : bf16(4, 5)
                        %5 = sum(%3) {axes=[0], keep=false} : f32(5)
                        return %4)",
                     "bf16(4, 5)"),
            "");
  EXPECT_EQ(error_of("%2 = softmax(%0) {axis=1} : f32(4, 5) return %2", "f32(4, 5)"),
            "[pointwise] model.1: its elementwise region holds a node that is not elementwise: "
            "%2 = softmax(%0) {axis=1} : f32(4, 5)");
  const std::string row = "%2 = exp(%1) : f32(5) ", sum = "%3 = add(%0, %2) : f32(4, 5) ";
  EXPECT_EQ(error_of(row + sum + "return %3", "f32(4, 5)"), "");
  EXPECT_EQ(error_of(row + sum + "return %2", "f32(5)"),
            "[pointwise] model.1: its elementwise region works on (5,) and holds a node of (4, 5): "
            "%3 = add(%0, %2) : f32(4, 5)");
  EXPECT_EQ(error_of(row + sum + "return %3 return %2", "f32(4, 5), f32(5)"),
            "[pointwise] model.1: its elementwise region works on (4, 5) and gives a result of (5,): "
            "%2 = exp(%1) : f32(5,)");
}

TEST(Region, EndsInReductionsThatNothingReads) {
  const std::string sum = "%2 = sum(%0) {axes=[0], keep=false} : f32(5) ";
  EXPECT_EQ(error_of(sum + "return %2", "f32(5)"), "");
  EXPECT_EQ(error_of(sum + "%3 = add(%0, %2) : f32(4, 5) return %3", "f32(4, 5)"),
            "[pointwise] model.1: its elementwise region reads a reduction that only its outputs may be: "
            "%2 = sum(%0) {axes=[0], keep=false} : f32(5,)");
  EXPECT_NE(error_of("%2 = prod(%0) {axes=[0], keep=false} : f32(5) return %2", "f32(5)"), "");
  const Graph graph = ir::read(R"(graph {
    %0 = input argument "x" : f32(2, 3, 4)
    %1 = sum(%0) {axes=[1], keep=false} : f32(2, 4)
    %2 = max(%0) {axes=[1, 2], keep=false} : f32(2)
    %3 = sum(%0) {axes=[], keep=false} : f32(2, 3, 4)
    %4 = tanh(%0) : f32(2, 3, 4)
  })");
  for (const std::size_t n : {1u, 2u, 3u, 4u}) EXPECT_EQ(ends_region(graph, graph.nodes[n]), n == 2 || n == 3) << n;
}

TEST(Region, HoldsNoRegion) {
  EXPECT_EQ(error_of(R"(%2 = pointwise(%0) : f32(4, 5) region elementwise {
                          %0 = input argument "" : f32(4, 5)
                          return %0
                        }
                        return %2)",
                     "f32(4, 5)"),
            "[pointwise] model.1: its elementwise region holds a region: %2 = pointwise(%0) : f32(4, 5)");
}

TEST(Region, BehindAProductIsElementwiseOrTheLibrarys) {
  const std::string bits = "%2:2 = relu_bits(%0, %1) {dtype=f32} : f32(4, 5), u8(4, 16) ";
  EXPECT_EQ(error_of("%2 = add(%0, %1) : f32(4, 5) return %2", "f32(4, 5)", "epilogue"), "");
  EXPECT_EQ(error_of("return %0", "f32(4, 5)", "epilogue"), "");
  EXPECT_EQ(error_of(bits + "return %2", "f32(4, 5)", "epilogue"), "");
  EXPECT_NE(error_of(bits + "%3 = exp(%2) : f32(4, 5) return %3", "f32(4, 5)", "epilogue"), "");
  EXPECT_NE(error_of(bits + "return %2", "f32(4, 5)"), "");
}

TEST(Region, EpilogueStandsBehindAnOpThatTakesOne) {
  const Graph graph = ir::read(R"(graph {
    %0 = input argument "x" : f32(4)
    %1 = softmax(%0) : f32(4) @ model.1 region epilogue {
      %0 = input argument "" : f32(4)
      return %0
    }
    return %1
  })");
  try {
    ir::verify(graph, infer_node);
    FAIL() << "must throw";
  } catch (const ValueError& e) {
    EXPECT_STREQ(e.what(), "[softmax] model.1: has an epilogue region and is no op with an epilogue");
  }
}

}  // namespace
}  // namespace weft::testing
