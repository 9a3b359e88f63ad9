// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/activation_gradients.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/ir/print.h"
#include "core/ir/read.h"
#include "core/ops/op.h"
#include "core/passes/optimize.h"
#include "tests/core/passes/passes.h"

namespace weft::testing {
using namespace passes;
namespace {

// A layer with a ReLU, and the product that goes back through it; h is read by the gradient of the next weights, too.
const char* const kRelu = R"(
graph {
  %0 = input argument "x" : f32(64, 5)
  %1 = input variable "w" : f32(8, 5)
  %2 = input variable "b" : f32(8,)
  %3 = matmul_epilogue(%0, %1, %2) {trans_a=false, trans_b=true} : f32(64, 8) @ 0 region epilogue {
    %0 = input argument "" : f32(64, 8)
    %1 = input argument "" : f32(8,)
    %2 = add(%0, %1) : f32(64, 8)
    %3 = relu(%2) : f32(64, 8)
    return %3
  }
  %4 = input variable "v" : f32(3, 8)
  %5 = input argument "dz" : f32(64, 3)
  %6 = matmul_epilogue(%5, %4, %3) {trans_a=false, trans_b=false} : f32(64, 8) @ 1 region epilogue {
    %0 = input argument "" : f32(64, 8)
    %1 = input argument "" : f32(64, 8)
    %2 = full() {dtype=f32, shape=[], value=0.0} : f32()
    %3 = greater(%1, %2) : bool(64, 8)
    %4 = where(%3, %0, %2) : f32(64, 8)
    return %4
  }
  %7 = matmul(%5, %3) {trans_a=true, trans_b=false} : f32(3, 8)
  return %6
  return %7
}
)";

void expect_unchanged(const std::string& text) { EXPECT_EQ(after(join_activation_gradients, text), text); }

TEST(ActivationGradients, AReLUKeepsItsMaskAsBits) {
  EXPECT_EQ(after(join_activation_gradients, kRelu), R"(
graph {
  %0 = input argument "x" : f32(64, 5)
  %1 = input variable "w" : f32(8, 5)
  %2 = input variable "b" : f32(8,)
  %3:2 = matmul_epilogue(%0, %1, %2) {trans_a=false, trans_b=true} : f32(64, 8), u8(64, 16) @ 0 region epilogue {
    %0 = input argument "" : f32(64, 8)
    %1 = input argument "" : f32(8,)
    %2:2 = relu_bits(%0, %1) {dtype=f32} : f32(64, 8), u8(64, 16)
    return %2
    return %2.1
  }
  %4 = input variable "v" : f32(3, 8)
  %5 = input argument "dz" : f32(64, 3)
  %6 = matmul_epilogue(%5, %4, %3.1) {trans_a=false, trans_b=false} : f32(64, 8) @ 1 region epilogue {
    %0 = input argument "" : f32(64, 8)
    %1 = input argument "" : u8(64, 16)
    %2 = relu_bits_grad(%0, %1) : f32(64, 8)
    return %2
  }
  %7 = matmul(%5, %3) {trans_a=true, trans_b=false} : f32(3, 8)
  return %6
  return %7
}
)");
}

// The order of a sum and of the nodes does not matter.
TEST(ActivationGradients, OfAReLUAsAnybodyWritesIt) {
  const std::string text =
      with(kRelu, {{"add(%0, %1)", "add(%1, %0)"},
                   {"b\" : f32(8,)", "b\" : f32(1, 8)"},
                   {"%1 = input argument \"\" : f32(8,)", "%1 = input argument \"\" : f32(1, 8)"}});
  EXPECT_NE(after(join_activation_gradients, text).find("relu_bits_grad"), std::string::npos);
  const std::string bare = with(kRelu, {{"(%0, %1, %2) {", "(%0, %1) {"},
                                        {"    %1 = input argument \"\" : f32(8,)\n    %2 = add(%0, %1) : f32(64, 8)\n"
                                         "    %3 = relu(%2) : f32(64, 8)\n    return %3\n",
                                         "    %1 = relu(%0) : f32(64, 8)\n    return %1\n"}});
  EXPECT_NE(after(join_activation_gradients, bare).find("%1:2 = relu_bits(%0) {dtype=f32}"), std::string::npos)
      << after(join_activation_gradients, bare);
}

TEST(ActivationGradients, LeaveOtherMasksAlone) {
  // Masks with another number, another comparison, the other side, a term added, and twice the gradient.
  expect_unchanged(with(kRelu, {{"value=0.0", "value=1.0"}}));
  expect_unchanged(with(kRelu, {{"greater(", "greater_equal("}}));
  expect_unchanged(with(kRelu, {{"where(%3, %0, %2)", "where(%3, %2, %0)"}}));
  expect_unchanged(with(kRelu, {{"where(%3, %0, %2)", "where(%3, %0, %0)"}}));
  expect_unchanged(with(kRelu, {{"greater(%1, %2)", "greater(%0, %2)"}}));
  expect_unchanged(with(kRelu, {{"    return %4\n", "    %5 = add(%4, %4) : f32(64, 8)\n    return %5\n"}}));
  expect_unchanged(
      with(kRelu,
           {{"%6 = matmul_epilogue", "%6:2 = matmul_epilogue"},
            {"f32(64, 8) @ 1", "f32(64, 8), f32(8,) @ 1"},
            {"    return %4\n", "    %5 = sum(%4) {axes=[0], keep=false} : f32(8,)\n    return %4\n    return %5\n"}}));
}

TEST(ActivationGradients, LeaveOtherLayersAlone) {
  expect_unchanged(with(kRelu, {{"relu(", "abs("}}));
  expect_unchanged(with(kRelu, {{"add(", "multiply("}}));
  expect_unchanged(with(kRelu, {{"f32", "f64"}}));
  // A network that is written in 16 bits.
  expect_unchanged(with(kRelu, {{"f32", "bf16"},
                                {"    %2 = full() {dtype=bf16, shape=[], value=0.0} : bf16()\n"
                                 "    %3 = greater(%1, %2) : bool(64, 8)\n"
                                 "    %4 = where(%3, %0, %2) : bf16(64, 8)\n    return %4\n",
                                 "    %2 = cast(%1) {dtype=f32} : f32(64, 8)\n"
                                 "    %3 = full() {dtype=f32, shape=[], value=0.0} : f32()\n"
                                 "    %4 = greater(%2, %3) : bool(64, 8)\n"
                                 "    %5 = cast(%0) {dtype=f32} : f32(64, 8)\n"
                                 "    %6 = where(%4, %5, %3) : f32(64, 8)\n"
                                 "    %7 = cast(%6) {dtype=bf16} : bf16(64, 8)\n    return %7\n"}}));
  // A bias per row of the product, and what was there before the ReLU.
  expect_unchanged(with(kRelu, {{"b\" : f32(8,)", "b\" : f32(64, 1)"},
                                {"%1 = input argument \"\" : f32(8,)", "%1 = input argument \"\" : f32(64, 1)"}}));
  expect_unchanged(with(kRelu, {{"%3 = matmul_epilogue", "%3:2 = matmul_epilogue"},
                                {"f32(64, 8) @ 0", "f32(64, 8), f32(64, 8) @ 0"},
                                {"    return %3\n", "    return %3\n    return %2\n"}}));
  // Behind something else than a product: here the mask is an argument.
  expect_unchanged(
      with(kRelu, {{"matmul_epilogue(%5, %4, %3)", "matmul_epilogue(%5, %4, %6)"},
                   {"%6 = matmul", "%7 = matmul"},
                   {"%7 = matmul(", "%8 = matmul("},
                   {"return %7", "return %8"},
                   {"return %6", "return %7"},
                   {"\"dz\" : f32(64, 3)\n", "\"dz\" : f32(64, 3)\n  %6 = input argument \"h\" : f32(64, 8)\n"}}));
}

TEST(ActivationGradients, LeaveProductsOfMoreAxesAlone) {
  expect_unchanged(R"(
graph {
  %0 = input argument "x" : f32(2, 4, 5)
  %1 = input variable "w" : f32(8, 5)
  %2 = matmul_epilogue(%0, %1) {trans_a=false, trans_b=true} : f32(2, 4, 8) region epilogue {
    %0 = input argument "" : f32(2, 4, 8)
    %1 = relu(%0) : f32(2, 4, 8)
    return %1
  }
  %3 = input argument "dz" : f32(2, 4, 3)
  %4 = input variable "v" : f32(3, 8)
  %5 = matmul_epilogue(%3, %4, %2) {trans_a=false, trans_b=false} : f32(2, 4, 8) region epilogue {
    %0 = input argument "" : f32(2, 4, 8)
    %1 = input argument "" : f32(2, 4, 8)
    %2 = full() {dtype=f32, shape=[], value=0.0} : f32()
    %3 = greater(%1, %2) : bool(2, 4, 8)
    %4 = where(%3, %0, %2) : f32(2, 4, 8)
    return %4
  }
  return %5
}
)");
}

// dx = f'(x) (dz v) in a dtype, as autodiff writes it, fused.
std::string gradient_of(const char* fn, DType dtype, std::int64_t columns) {
  ir::Graph graph;
  ops::Builder build(graph);
  const auto input = [&](const Shape& shape, const char* name) {
    return graph.add_input({shape, dtype}, ir::InputKind::kArgument, name);
  };
  const ir::Value x = input({6, columns}, "x"), dz = input({6, 3}, "dz"), v = input({3, columns}, "v");
  const ir::Value dy = build.emit("matmul", {dz, v}, {{"trans_a", false}, {"trans_b", false}});
  const ir::Node node{ir::OpId::of(fn), {x}, {graph.spec(x)}, {}};
  const std::vector<ir::Value> inputs{x}, outputs{{}}, cotangents{dy};
  const bool wanted[] = {true};
  const ops::GradientCall call{build, node, inputs, outputs, cotangents, wanted};
  graph.outputs.push_back({ops::find_op(node.op).gradient(call)[0], ""});
  return after([](const ir::Graph& g) { return optimize(g, {.gradient_epilogues = true}); }, ir::print(graph));
}

TEST(ActivationGradients, OfAGeluIn16Bits) {
  EXPECT_EQ(gradient_of("gelu_tanh", DType::kBF16, 8), R"(
graph {
  %0 = input argument "x" : bf16(6, 8)
  %1 = input argument "dz" : bf16(6, 3)
  %2 = input argument "v" : bf16(3, 8)
  %3 = matmul_epilogue(%1, %2, %0) {trans_a=false, trans_b=false} : bf16(6, 8) region epilogue {
    %0 = input argument "" : bf16(6, 8)
    %1 = input argument "" : bf16(6, 8)
    %2 = gelu_tanh_grad(%0, %1) : bf16(6, 8)
    return %2
  }
  return %3
}
)");
  EXPECT_NE(gradient_of("gelu_tanh", DType::kF16, 16).find("gelu_tanh_grad"), std::string::npos);
}

TEST(ActivationGradients, LeaveOtherGelusAlone) {
  EXPECT_EQ(gradient_of("gelu_tanh", DType::kF32, 8).find("gelu_tanh_grad"), std::string::npos);
  EXPECT_EQ(gradient_of("gelu_tanh", DType::kBF16, 9).find("gelu_tanh_grad"), std::string::npos);
  EXPECT_EQ(gradient_of("gelu", DType::kBF16, 8).find("gelu_tanh_grad"), std::string::npos);
  EXPECT_EQ(gradient_of("silu", DType::kBF16, 8).find("gelu_tanh_grad"), std::string::npos);
}

// A network in bf16 precision: what a library gives back goes from layer to layer in 16 bits.
TEST(ActivationGradients, OfAReLUWhoseResultIsRounded) {
  const std::string text = after(join_activation_gradients, R"(graph {
  %0 = input argument "x" : bf16(64, 5)
  %1 = input argument "w" : bf16(8, 5)
  %2 = input variable "b" : f32(8,)
  %3 = matmul_epilogue(%0, %1, %2) {dtype=f32, trans_a=false, trans_b=true} : bf16(64, 8) region epilogue {
    %0 = input argument "" : f32(64, 8)
    %1 = input argument "" : f32(8,)
    %2 = add(%0, %1) : f32(64, 8)
    %3 = relu(%2) : f32(64, 8)
    %4 = cast(%3) {dtype=bf16} : bf16(64, 8)
    return %4
  }
  %4 = input argument "v" : bf16(3, 8)
  %5 = input argument "dz" : bf16(64, 3)
  %6 = matmul_epilogue(%5, %4, %3) {trans_a=false, trans_b=false} : bf16(64, 8) region epilogue {
    %0 = input argument "" : bf16(64, 8)
    %1 = input argument "" : bf16(64, 8)
    %2 = cast(%1) {dtype=f32} : f32(64, 8)
    %3 = full() {dtype=f32, shape=[], value=0.0} : f32()
    %4 = greater(%2, %3) : bool(64, 8)
    %5 = cast(%0) {dtype=f32} : f32(64, 8)
    %6 = where(%4, %5, %3) : f32(64, 8)
    %7 = cast(%6) {dtype=bf16} : bf16(64, 8)
    return %7
  }
  return %6
}
)");
  EXPECT_NE(text.find("relu_bits(%0, %1) {dtype=bf16} : bf16(64, 8), u8(64, 16)"), std::string::npos) << text;
  EXPECT_NE(text.find("relu_bits_grad(%0, %1) : bf16(64, 8)"), std::string::npos) << text;
}

}  // namespace
}  // namespace weft::testing
