// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/ops/windows.h"
#include "weft/per_axis.h"
#include "weft/tensor.h"

// Spatial axes of images (n, spatial..., c), and the lists that functions take for them.
namespace weft::detail {

// The sizes of the spatial axes. ShapeError unless there are one to three.
ir::Ints spatial_of(const Tensor& x, const char* op);
// A number for each of `axes` axes; `none` if there are no numbers. ValueError for another count of numbers, and for
// numbers below `least` or above 2^31 - 1.
ir::Ints per_axis(const char* op, const char* what, const PerAxis& numbers, std::size_t axes, std::int64_t none,
                  std::int64_t least);

// The numbers of an options struct.
struct WindowLists {
  const PerAxis &window, &stride, &padding, &dilation;
};
// Windows with the same padding on both sides. `stride` stands for strides that are not given; 0: the window's size.
ops::Windows windows_of(const char* op, std::size_t axes, const WindowLists& lists, std::int64_t stride);

}  // namespace weft::detail
