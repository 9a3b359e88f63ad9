// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/convolution.h"
#include "weft/detail/export.h"
#include "weft/module.h"

namespace weft WEFT_EXPORT {

// Settings of a separable convolution.
struct SeparableConvOptions {
  PerAxis stride = 1;           // of the depthwise convolution; likewise padding and dilation
  Padding padding = 0;          // zeros around the images
  PerAxis dilation = 1;         // distance of neighboring elements of a window
  std::int64_t multiplier = 1;  // depthwise filters per channel
  bool bias = true;             // of the pointwise convolution
};

// A filter per channel, then a convolution of windows of one element: y = pointwise(depthwise(x)), with 1 / out + 1 /
// window of the products of a Conv1d. Source: Chollet 2017.
class SeparableConv1d : public Module {
 public:
  // Channels of the images, filters, and sizes of the depthwise window. ValueError as for Conv1d.
  SeparableConv1d(std::int64_t in, std::int64_t out, PerAxis window, SeparableConvOptions options = {});
  // (n, length, in) -> (n, windows, out)
  Tensor forward(Tensor x) const;
  SeparableConv1d remake() const { return {in_, out_, window_, options_}; }

  Conv1d depthwise, pointwise;  // in files "depthwise.weight", "pointwise.weight" and "pointwise.bias"
  WEFT_MODULE(depthwise, pointwise)

 private:
  std::int64_t in_, out_;
  PerAxis window_;
  SeparableConvOptions options_;
};

// A filter per channel, then a convolution of windows of one element: y = pointwise(depthwise(x)), with 1 / out + 1 /
// window of the products of a Conv2d. Source: Chollet 2017.
class SeparableConv2d : public Module {
 public:
  // Channels of the images, filters, and sizes of the depthwise window. ValueError as for Conv2d.
  SeparableConv2d(std::int64_t in, std::int64_t out, PerAxis window, SeparableConvOptions options = {});
  // (n, height, width, in) -> (n, rows, columns, out)
  Tensor forward(Tensor x) const;
  SeparableConv2d remake() const { return {in_, out_, window_, options_}; }

  Conv2d depthwise, pointwise;  // in files "depthwise.weight", "pointwise.weight" and "pointwise.bias"
  WEFT_MODULE(depthwise, pointwise)

 private:
  std::int64_t in_, out_;
  PerAxis window_;
  SeparableConvOptions options_;
};

// A filter per channel, then a convolution of windows of one element: y = pointwise(depthwise(x)), with 1 / out + 1 /
// window of the products of a Conv3d. Source: Chollet 2017.
class SeparableConv3d : public Module {
 public:
  // Channels of the images, filters, and sizes of the depthwise window. ValueError as for Conv3d.
  SeparableConv3d(std::int64_t in, std::int64_t out, PerAxis window, SeparableConvOptions options = {});
  // (n, depth, height, width, in) -> (n, planes, rows, columns, out)
  Tensor forward(Tensor x) const;
  SeparableConv3d remake() const { return {in_, out_, window_, options_}; }

  Conv3d depthwise, pointwise;  // in files "depthwise.weight", "pointwise.weight" and "pointwise.bias"
  WEFT_MODULE(depthwise, pointwise)

 private:
  std::int64_t in_, out_;
  PerAxis window_;
  SeparableConvOptions options_;
};

}  // namespace weft WEFT_EXPORT
