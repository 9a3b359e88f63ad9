// SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/conv/cuda_conv_layers.h"

#include <cstddef>

namespace weft::testing {
namespace {

// A square window on a square image, padded alike on all sides.
ConvLayer square(const std::string& name, std::int64_t n, std::int64_t image, std::int64_t channels,
                 std::int64_t filters, std::int64_t window, std::int64_t stride = 1) {
  const std::int64_t padding = window / 2;
  return {name,
          n,
          channels,
          filters,
          {image, image},
          {window, window},
          {stride, stride},
          {padding, padding},
          {padding, padding}};
}

void put_resnets(std::vector<ConvLayer>& layers) {
  layers.push_back(square("resnet first", 32, 224, 3, 64, 7, 2));
  std::int64_t image = 56, channels = 64;
  for (; image >= 7; image /= 2, channels *= 2) {
    layers.push_back(square("resnet 3x3", 32, image, channels, channels, 3));
    layers.push_back(square("resnet-50 widening 1x1", 32, image, channels, 4 * channels, 1));
    layers.push_back(square("resnet-50 narrowing 1x1", 32, image, 4 * channels, channels, 1));
    if (image == 7) break;
    layers.push_back(square("resnet-18 3x3/2", 32, image, channels, 2 * channels, 3, 2));
    layers.push_back(square("resnet-18 1x1/2", 32, image, channels, 2 * channels, 1, 2));
    layers.push_back(square("resnet-50 3x3/2", 32, image, 2 * channels, 2 * channels, 3, 2));
    layers.push_back(square("resnet-50 1x1/2", 32, image, 4 * channels, 8 * channels, 1, 2));
    layers.push_back(square("resnet-50 1x1 before a stride", 32, image, 4 * channels, 2 * channels, 1));
  }
  layers.push_back(square("resnet-50 first 1x1", 32, 56, 64, 64, 1));
}

void put_small_nets(std::vector<ConvLayer>& layers) {
  layers.push_back(square("lenet 1", 64, 28, 1, 6, 5));
  layers.push_back({"lenet 2", 64, 6, 16, {14, 14}, {5, 5}, {1, 1}, {0, 0}, {0, 0}});
  layers.push_back(square("mnistnet 1", 64, 28, 1, 32, 3));
  layers.push_back(square("mnistnet 2", 64, 14, 32, 64, 3));
  layers.push_back(square("cifarnet first", 64, 32, 3, 32, 3));
  layers.push_back(square("cifarnet 32", 64, 32, 32, 32, 3));
  layers.push_back(square("cifarnet 32-64", 64, 32, 32, 64, 3, 2));
  layers.push_back(square("cifarnet 64", 64, 16, 64, 64, 3));
  layers.push_back(square("cifarnet 64-128", 64, 16, 64, 128, 3, 2));
  layers.push_back(square("cifarnet 128", 64, 8, 128, 128, 3));
}

void put_others(std::vector<ConvLayer>& layers) {
  layers.push_back({"one axis, one channel", 64, 1, 16, {256}, {7}, {2}, {3}, {3}});
  layers.push_back({"one axis", 64, 16, 32, {128}, {5}, {1}, {2}, {2}});
  layers.push_back({"three axes", 4, 16, 32, {8, 16, 16}, {3, 3, 3}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1}});
  layers.push_back({"three axes, strided", 4, 16, 32, {8, 16, 16}, {3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1}});
  layers.push_back(square("depthwise", 64, 28, 128, 128, 3));
  layers.back().groups = 128;
  layers.push_back(square("four groups", 32, 28, 64, 64, 3));
  layers.back().groups = 4;
  layers.push_back({"dilated", 32, 64, 64, {28, 28}, {3, 3}, {1, 1}, {2, 2}, {2, 2}, 1, 2});
  layers.push_back({"transposed 4x4/2", 64, 32, 64, {28, 28}, {4, 4}, {2, 2}, {1, 1}, {1, 1}});
  layers.push_back({"transposed 3x3/2", 64, 32, 64, {28, 28}, {3, 3}, {2, 2}, {1, 1}, {1, 1}});
  layers.push_back({"same, even window", 32, 64, 64, {28, 28}, {2, 2}, {1, 1}, {0, 0}, {1, 1}});
  layers.push_back({"same, strided", 64, 32, 64, {32, 32}, {3, 3}, {2, 2}, {0, 0}, {1, 1}});
}

}  // namespace

std::vector<ConvLayer> conv_layers() {
  std::vector<ConvLayer> layers;
  put_small_nets(layers);
  put_resnets(layers);
  put_others(layers);
  return layers;
}

ConvRequest::ConvRequest(const ConvLayer& layer, const std::string& op, DType operands, DType result, Device device)
    : op_(ir::OpId::of(op)), device_(device) {
  ir::Ints x{layer.n}, w{layer.filters}, y{layer.n};
  for (std::size_t i = 0; i < layer.image.size(); ++i) {
    const std::int64_t span = (layer.window[i] - 1) * layer.dilation + 1;
    x.push_back(layer.image[i]);
    w.push_back(layer.window[i]);
    y.push_back((layer.image[i] + layer.low[i] + layer.high[i] - span) / layer.strides[i] + 1);
  }
  x.push_back(layer.channels);
  w.push_back(layer.channels / layer.groups);
  y.push_back(layer.filters);
  attributes_ = {{"strides", layer.strides},
                 {"dilations", ir::Ints(layer.image.size(), layer.dilation)},
                 {"padding_low", layer.low},
                 {"padding_high", layer.high},
                 {"groups", layer.groups}};
  const Shape image(x), filter(w), out(y);
  inputs_ = {{op == "conv_input_grad" ? out : image, operands}, {op == "conv_weight_grad" ? out : filter, operands}};
  outputs_ = {{op == "conv" ? out : op == "conv_input_grad" ? image : filter, result}};
}

exec::KernelRequest ConvRequest::operator()(bool allow_tf32) const {
  return {op_, attributes_, inputs_, outputs_, device_, path_, {}, allow_tf32};
}

}  // namespace weft::testing
