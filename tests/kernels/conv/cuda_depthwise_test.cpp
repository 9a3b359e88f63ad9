// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/exec/candidate.h"
#include "tests/kernels/conv/cuda_conv_layers.h"
#include "tests/kernels/support/harness_run.h"
#include "weft/device.h"

namespace weft::testing {
namespace {

class CudaDepthwise : public ::testing::Test {
 protected:
  void SetUp() override {
    if (Device::all().size() == 1) GTEST_SKIP() << "no CUDA device: " << Device::cpu().describe();
  }

  static ir::Node node_of(const exec::KernelRequest& request) {
    ir::Node node;
    node.op = request.op;
    node.attributes = request.attributes;
    if (request.op == ir::OpId::of("conv_input_grad")) {
      const Shape& image = request.outputs[0].shape;
      node.attributes.set("spatial", ir::Ints(image.begin() + 1, image.end() - 1));
    }
    if (request.op == ir::OpId::of("conv_weight_grad")) {
      const Shape& filter = request.outputs[0].shape;
      node.attributes.set("window", ir::Ints(filter.begin() + 1, filter.end() - 1));
    }
    return node;
  }
  // Whole numbers, whose sums of products are exact in every order.
  static std::vector<RawTensor> whole_inputs(const exec::KernelRequest& request) {
    std::vector<RawTensor> raw;
    for (const TensorSpec& spec : request.inputs) {
      HostTensor tensor{spec, std::vector<double>(static_cast<std::size_t>(spec.shape.numel()))};
      for (std::size_t i = 0; i < tensor.values.size(); ++i)
        tensor.values[i] = static_cast<double>((i * 7 + raw.size()) % 5) - 2;
      raw.push_back({spec, encode(tensor)});
    }
    return raw;
  }
  static Bytes run(const exec::KernelRequest& request, std::string_view candidate) {
    const exec::ForcedCandidate forced(request.op.name(), Device::Kind::kCUDA, candidate);
    return run_raw(node_of(request), whole_inputs(request), Device::cuda()).outputs.at(0).bytes;
  }
  static void expect_the_reference(const ConvLayer& layer) {
    for (const std::string& op : kConvOps) {
      const ConvRequest request(layer, op, DType::kF32, DType::kF32);
      EXPECT_EQ(run(request(), "depthwise"), run(request(), "reference")) << layer.name << " " << op;
    }
  }
};

TEST_F(CudaDepthwise, GivesTheReferencesSums) {
  expect_the_reference({"a line shorter than a thread's", 1, 3, 3, {4, 2}, {3, 2}, {1, 1}, {1, 1}, {1, 0}, 3});
  expect_the_reference({"strides and dilations", 2, 70, 70, {9, 11}, {3, 2}, {2, 3}, {2, 0}, {1, 3}, 70, 2});
  expect_the_reference({"windows in the padding", 1, 2, 2, {2, 3}, {2, 2}, {1, 2}, {4, 3}, {3, 4}, 2});
  expect_the_reference({"one axis", 3, 33, 33, {17}, {5}, {2}, {2}, {1}, 33});
  expect_the_reference({"three axes", 1, 5, 5, {3, 4, 6}, {2, 1, 3}, {1, 2, 1}, {1, 0, 1}, {0, 0, 1}, 5});
  expect_the_reference({"elements that no window reaches", 1, 4, 4, {8, 8}, {2, 2}, {4, 5}, {0, 0}, {0, 0}, 4});
}

// 2,500 lines in pieces of 3, the last of them 1 long.
TEST_F(CudaDepthwise, AddsUpUnevenPieces) {
  expect_the_reference({"many lines", 1250, 2, 2, {2, 3}, {1, 3}, {1, 1}, {0, 1}, {0, 1}, 2});
}

TEST_F(CudaDepthwise, TakesAFilterPerChannelAlone) {
  ConvLayer layer{"layer", 1, 6, 6, {4, 4}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, 6};
  const auto first = [&](const std::string& op) {
    return candidates_taking(node_of(ConvRequest(layer, op, DType::kF32, DType::kF32)()),
                             whole_inputs(ConvRequest(layer, op, DType::kF32, DType::kF32)()), Device::cuda())
        .at(0);
  };
  for (const std::string& op : kConvOps) {
    layer.groups = 6;
    layer.filters = 6;
    EXPECT_EQ(first(op), "depthwise") << op;
    layer.filters = 12;
    EXPECT_NE(first(op), "depthwise") << op;
    layer.groups = 3;
    EXPECT_NE(first(op), "depthwise") << op;
  }
}

}  // namespace
}  // namespace weft::testing
