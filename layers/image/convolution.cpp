// SPDX-License-Identifier: Apache-2.0
#include "weft/convolution.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "weft/error.h"
#include "weft/ops.h"

namespace weft {
namespace {

// (first, window..., last)
Shape filters(const char* name, int axes, std::int64_t first, const PerAxis& window, std::int64_t last) {
  std::vector<std::int64_t> dims = window.over(static_cast<std::size_t>(axes));
  if (dims.size() != static_cast<std::size_t>(axes))
    fail<ValueError>(name, "window has ", dims.size(), " sizes, there are ", axes,
                     " spatial axes; give one for all, or ", axes);
  for (const std::int64_t size : dims)
    if (size < 1) fail<ValueError>(name, "window is ", Shape(dims), "; its sizes must be positive");
  dims.insert(dims.begin(), first);
  dims.push_back(last);
  return Shape(std::move(dims));
}

void expect_channels(const char* name, std::int64_t in, std::int64_t out, std::int64_t groups) {
  if (in < 1 || out < 1 || groups < 1)
    fail<ValueError>(name, "channels are ", in, " -> ", out, " in ", groups, " groups; all must be positive");
  if (in % groups != 0 || out % groups != 0)
    fail<ValueError>(name, "channels are ", in, " -> ", out, ", groups are ", groups, "; groups must divide both");
}

// (n, spatial..., channels) with as many axes as the filters have. PyTorch's order of axes is recognized.
void expect_images(const char* name, const Tensor& x, int rank, std::int64_t channels) {
  if (x.rank() == rank && x.dim(-1) == channels) return;
  const bool second = x.rank() == rank && x.dim(1) == channels;
  fail<ShapeError>(name, "input is ", x.shape(), "; it must have ", rank, " axes, (n, spatial..., ", channels, ")",
                   second ? "; channels come last, so permute the axes or load images as (n, height, width, c)" : "");
}

void draw(Parameter& weight, Parameter& bias, Shape shape, std::int64_t out, bool with_bias, const Init& given) {
  const double fan = static_cast<double>(shape.numel()) / static_cast<double>(shape[0]), bound = 1 / std::sqrt(fan);
  weight = Parameter(std::move(shape), given.draw ? given : init::uniform(-bound, bound));
  weight.set_file_axes(FileAxes::kChannelsSecond);
  if (with_bias) bias = Parameter({out}, init::uniform(-bound, bound));
}

}  // namespace

ConvLayer::ConvLayer(const char* name, int axes, std::int64_t in, std::int64_t out, const PerAxis& window,
                     ConvOptions options)
    : name_(name), in_(in), out_(out), window_(window), options_(std::move(options)) {
  expect_channels(name, in, out, options_.groups);
  draw(weight, bias, filters(name, axes, out, window, in / options_.groups), out, options_.bias, options_.init);
}

Tensor ConvLayer::forward(Tensor x) const { return forward_with(std::move(x), weight); }

Tensor ConvLayer::forward_with(Tensor x, const Tensor& other) const {
  expect_images(name_, x, other.rank(), in_);
  const Tensor y = conv(x, other, {options_.stride, options_.padding, options_.dilation, options_.groups});
  return bias.defined() ? y + bias.value() : y;
}

Conv1d::Conv1d(std::int64_t in, std::int64_t out, PerAxis window, ConvOptions options)
    : ConvLayer("conv1d", 1, in, out, window, std::move(options)) {}
Conv2d::Conv2d(std::int64_t in, std::int64_t out, PerAxis window, ConvOptions options)
    : ConvLayer("conv2d", 2, in, out, window, std::move(options)) {}
Conv3d::Conv3d(std::int64_t in, std::int64_t out, PerAxis window, ConvOptions options)
    : ConvLayer("conv3d", 3, in, out, window, std::move(options)) {}

ConvTransposeLayer::ConvTransposeLayer(const char* name, int axes, std::int64_t in, std::int64_t out,
                                       const PerAxis& window, ConvTransposeOptions options)
    : name_(name), in_(in), out_(out), window_(window), options_(std::move(options)) {
  expect_channels(name, in, out, options_.groups);
  draw(weight, bias, filters(name, axes, in, window, out / options_.groups), out, options_.bias, options_.init);
}

Tensor ConvTransposeLayer::forward(Tensor x) const { return forward_with(std::move(x), weight); }

Tensor ConvTransposeLayer::forward_with(Tensor x, const Tensor& other) const {
  expect_images(name_, x, other.rank(), in_);
  const Tensor y = conv_transpose(
      x, other, {options_.stride, options_.padding, options_.dilation, options_.output_padding, options_.groups});
  return bias.defined() ? y + bias.value() : y;
}

ConvTranspose1d::ConvTranspose1d(std::int64_t in, std::int64_t out, PerAxis window, ConvTransposeOptions options)
    : ConvTransposeLayer("conv_transpose1d", 1, in, out, window, std::move(options)) {}
ConvTranspose2d::ConvTranspose2d(std::int64_t in, std::int64_t out, PerAxis window, ConvTransposeOptions options)
    : ConvTransposeLayer("conv_transpose2d", 2, in, out, window, std::move(options)) {}
ConvTranspose3d::ConvTranspose3d(std::int64_t in, std::int64_t out, PerAxis window, ConvTransposeOptions options)
    : ConvTransposeLayer("conv_transpose3d", 3, in, out, window, std::move(options)) {}

}  // namespace weft
