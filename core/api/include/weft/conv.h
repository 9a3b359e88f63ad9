// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>
#include <utility>
#include <vector>

#include "weft/detail/export.h"
#include "weft/per_axis.h"
#include "weft/tensor.h"

// Convolutions over 1 to 3 spatial axes, channels last. Each throws ShapeError, ValueError or DTypeError with the op,
// the layer path, what was given and the rule.
namespace weft WEFT_EXPORT {

// Zeros around the spatial axes: 1, {1, 2} per axis, Padding::sides({{0, 1}, {1, 2}}) before and behind each axis, or
// Padding::same().
class Padding {
 public:
  // One number of zeros on both sides of all axes.
  Padding(std::int64_t all) : Padding(PerAxis(all)) {}
  // A number for each axis, on both of its sides.
  Padding(std::initializer_list<std::int64_t> both_sides) : Padding(PerAxis(both_sides)) {}
  Padding(const PerAxis& both_sides) : low_(both_sides), high_(both_sides) {}
  // Zeros before and behind each axis.
  static Padding sides(const std::vector<std::pair<std::int64_t, std::int64_t>>& low_and_high);
  // Zeros for ceil(size / stride) windows, the odd one behind: "same" of Keras, and of PyTorch for stride 1.
  static Padding same();
  // Zeros before and behind the axes; 0 for same().
  [[nodiscard]] const PerAxis& low() const { return low_; }
  [[nodiscard]] const PerAxis& high() const { return high_; }
  // True for Padding::same().
  [[nodiscard]] bool is_same() const { return same_; }

 private:
  PerAxis low_, high_;
  bool same_ = false;
};

// The windows of a convolution.
struct ConvGeometry {
  PerAxis stride = 1;       // distance of neighboring windows
  Padding padding = 0;      // zeros around the images
  PerAxis dilation = 1;     // distance of neighboring elements of a window
  std::int64_t groups = 1;  // channels and filters are cut into as many parts, each part apart from the others
};
// y[n, i, f] = sum over k and c of x[n, i stride + k dilation - padding, c] filters[f, k, c].
// x (n, spatial..., channels), filters (out, window..., channels / groups) give (n, windows..., out). Floating dtypes;
// 16-bit products are summed in f32. As torch.nn.functional.conv2d, with the channels last in x and in the filters.
[[nodiscard]] Tensor conv(const Tensor& x, const Tensor& filters, const ConvGeometry& geometry = {});

// The windows of a transposed convolution, which lie over its result.
struct ConvTransposeGeometry {
  PerAxis stride = 1;          // distance of neighboring windows
  Padding padding = 0;         // left out of the result; Padding::same() gives size * stride
  PerAxis dilation = 1;        // distance of neighboring elements of a window
  PerAxis output_padding = 0;  // more elements behind the result, fewer than the stride
  std::int64_t groups = 1;     // as of conv()
};
// The gradient of conv() for its x: x (n, spatial..., in), filters (in, window..., out / groups) give (n, sizes...,
// out) with sizes (spatial - 1) stride - padding + dilation (window - 1) + output_padding + 1. As
// torch.nn.functional.conv_transpose2d.
[[nodiscard]] Tensor conv_transpose(const Tensor& x, const Tensor& filters, const ConvTransposeGeometry& geometry = {});

}  // namespace weft WEFT_EXPORT
