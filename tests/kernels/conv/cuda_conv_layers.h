// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/exec/kernel.h"

namespace weft::testing {

// A convolution of a model.
struct ConvLayer {
  std::string name;
  std::int64_t n, channels, filters;
  ir::Ints image, window, strides, low, high;
  std::int64_t groups = 1, dilation = 1;
};

// The layers of the test models, each shape once: LeNet, a net for CIFAR's images, ResNet-18 and ResNet-50, one and
// three axes, groups, dilations, a filter per channel, windows of transposed convolutions, uneven paddings.
std::vector<ConvLayer> conv_layers();

inline const std::vector<std::string> kConvOps{"conv", "conv_input_grad", "conv_weight_grad"};

// A request for a layer's kernel, with all that the request refers to.
class ConvRequest {
 public:
  // `result`: the operands' dtype, or f32.
  ConvRequest(const ConvLayer& layer, const std::string& op, DType operands, DType result,
              Device device = Device::cuda());
  exec::KernelRequest operator()(bool allow_tf32 = false) const;

 private:
  ir::OpId op_;
  ir::Attributes attributes_;
  std::vector<TensorSpec> inputs_, outputs_;
  Device device_;
  std::string path_ = "model.1";
};

}  // namespace weft::testing
