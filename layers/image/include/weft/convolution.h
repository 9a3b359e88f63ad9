// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "weft/conv.h"
#include "weft/detail/export.h"
#include "weft/init.h"
#include "weft/module.h"

// Convolutions over channels last: images are (n, spatial..., channels). Filters are (out, window..., in / groups) in
// memory, and in files as PyTorch has them, (out, in / groups, window...), under its names, "weight" and "bias".
namespace weft WEFT_EXPORT {

// Settings of convolutions.
struct ConvOptions {
  PerAxis stride = 1;       // as in ConvGeometry; likewise padding, dilation and groups
  Padding padding = 0;      // zeros around the images
  PerAxis dilation = 1;     // distance of neighboring elements of a window
  std::int64_t groups = 1;  // parts of channels and filters that are apart from each other
  bool bias = true;         // false: y = conv(x, weight)
  // Initializer of the filters. Empty: U(-b, b) with b = 1 / sqrt(fan_in), as PyTorch draws them.
  Init init{};
};

// Conv1d, Conv2d and Conv3d: y = conv(x, weight) + bias. Derived layers fix the number of spatial axes.
class ConvLayer : public Module {
 public:
  // (n, spatial..., in) -> (n, windows..., out); ShapeError for another rank or other channels.
  Tensor forward(Tensor x) const;
  // forward() with other filters in the place of the layer's own.
  [[nodiscard]] Tensor forward_with(Tensor x, const Tensor& other) const;

  Parameter weight, bias;  // bias is undefined without ConvOptions::bias
  WEFT_MODULE(weight, bias)

 protected:
  // ValueError unless channels are positive multiples of the groups and the window is positive.
  ConvLayer(const char* name, int axes, std::int64_t in, std::int64_t out, const PerAxis& window, ConvOptions options);
  const char* name_;
  std::int64_t in_, out_;
  PerAxis window_;
  ConvOptions options_;
};

// Over one axis: (n, length, in) -> (n, windows, out).
class Conv1d : public ConvLayer {
 public:
  // Channels of the images, filters, and sizes of the window.
  Conv1d(std::int64_t in, std::int64_t out, PerAxis window, ConvOptions options = {});
  Conv1d remake() const { return {in_, out_, window_, options_}; }
};

// Over two axes: (n, height, width, in) -> (n, rows, columns, out).
class Conv2d : public ConvLayer {
 public:
  // Channels of the images, filters, and sizes of the window.
  Conv2d(std::int64_t in, std::int64_t out, PerAxis window, ConvOptions options = {});
  Conv2d remake() const { return {in_, out_, window_, options_}; }
};

// Over three axes: (n, depth, height, width, in) -> (n, planes, rows, columns, out).
class Conv3d : public ConvLayer {
 public:
  // Channels of the images, filters, and sizes of the window.
  Conv3d(std::int64_t in, std::int64_t out, PerAxis window, ConvOptions options = {});
  Conv3d remake() const { return {in_, out_, window_, options_}; }
};

// Settings of transposed convolutions.
struct ConvTransposeOptions {
  PerAxis stride = 1;          // as in ConvTransposeGeometry; likewise padding, output_padding, groups and dilation
  Padding padding = 0;         // left out of the result
  PerAxis output_padding = 0;  // more elements behind the result
  std::int64_t groups = 1;     // parts of channels and filters that are apart from each other
  bool bias = true;            // false: y = conv_transpose(x, weight)
  PerAxis dilation = 1;        // distance of neighboring elements of a window
  // Initializer of the filters. Empty: U(-b, b) with b = 1 / sqrt(out / groups * window), as PyTorch draws them.
  Init init{};
};

// ConvTranspose1d, ConvTranspose2d and ConvTranspose3d: y = conv_transpose(x, weight) + bias. Filters are (in,
// window..., out / groups), in files (in, out / groups, window...).
class ConvTransposeLayer : public Module {
 public:
  // (n, spatial..., in) -> (n, sizes..., out); ShapeError for another rank or other channels.
  Tensor forward(Tensor x) const;
  // forward() with other filters in the place of the layer's own.
  [[nodiscard]] Tensor forward_with(Tensor x, const Tensor& other) const;

  Parameter weight, bias;  // bias is undefined without ConvTransposeOptions::bias
  WEFT_MODULE(weight, bias)

 protected:
  // ValueError as for ConvLayer.
  ConvTransposeLayer(const char* name, int axes, std::int64_t in, std::int64_t out, const PerAxis& window,
                     ConvTransposeOptions options);
  const char* name_;
  std::int64_t in_, out_;
  PerAxis window_;
  ConvTransposeOptions options_;
};

// Over one axis: (n, length, in) -> (n, size, out).
class ConvTranspose1d : public ConvTransposeLayer {
 public:
  // Channels of the input and the result, and sizes of the window.
  ConvTranspose1d(std::int64_t in, std::int64_t out, PerAxis window, ConvTransposeOptions options = {});
  ConvTranspose1d remake() const { return {in_, out_, window_, options_}; }
};

// Over two axes: (n, height, width, in) -> (n, rows, columns, out).
class ConvTranspose2d : public ConvTransposeLayer {
 public:
  // Channels of the input and the result, and sizes of the window.
  ConvTranspose2d(std::int64_t in, std::int64_t out, PerAxis window, ConvTransposeOptions options = {});
  ConvTranspose2d remake() const { return {in_, out_, window_, options_}; }
};

// Over three axes: (n, depth, height, width, in) -> (n, planes, rows, columns, out).
class ConvTranspose3d : public ConvTransposeLayer {
 public:
  // Channels of the input and the result, and sizes of the window.
  ConvTranspose3d(std::int64_t in, std::int64_t out, PerAxis window, ConvTransposeOptions options = {});
  ConvTranspose3d remake() const { return {in_, out_, window_, options_}; }
};

}  // namespace weft WEFT_EXPORT
