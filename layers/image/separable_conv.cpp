// SPDX-License-Identifier: Apache-2.0
#include "weft/separable_conv.h"

#include <utility>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft {
namespace {

// Filters of the depthwise convolution.
std::int64_t filters(const char* name, std::int64_t in, const SeparableConvOptions& options) {
  if (options.multiplier < 1) fail<ValueError>(name, "multiplier is ", options.multiplier, "; it must be positive");
  return in * options.multiplier;
}

ConvOptions by_channel(std::int64_t in, const SeparableConvOptions& options) {
  return {
      .stride = options.stride, .padding = options.padding, .dilation = options.dilation, .groups = in, .bias = false};
}

}  // namespace

SeparableConv1d::SeparableConv1d(std::int64_t in, std::int64_t out, PerAxis window, SeparableConvOptions options)
    : depthwise(in, filters("separable_conv1d", in, options), window, by_channel(in, options)),
      pointwise(in * options.multiplier, out, 1, {.bias = options.bias}),
      in_(in),
      out_(out),
      window_(std::move(window)),
      options_(std::move(options)) {}
Tensor SeparableConv1d::forward(Tensor x) const { return pointwise(depthwise(std::move(x))); }

SeparableConv2d::SeparableConv2d(std::int64_t in, std::int64_t out, PerAxis window, SeparableConvOptions options)
    : depthwise(in, filters("separable_conv2d", in, options), window, by_channel(in, options)),
      pointwise(in * options.multiplier, out, 1, {.bias = options.bias}),
      in_(in),
      out_(out),
      window_(std::move(window)),
      options_(std::move(options)) {}
Tensor SeparableConv2d::forward(Tensor x) const { return pointwise(depthwise(std::move(x))); }

SeparableConv3d::SeparableConv3d(std::int64_t in, std::int64_t out, PerAxis window, SeparableConvOptions options)
    : depthwise(in, filters("separable_conv3d", in, options), window, by_channel(in, options)),
      pointwise(in * options.multiplier, out, 1, {.bias = options.bias}),
      in_(in),
      out_(out),
      window_(std::move(window)),
      options_(std::move(options)) {}
Tensor SeparableConv3d::forward(Tensor x) const { return pointwise(depthwise(std::move(x))); }

}  // namespace weft
