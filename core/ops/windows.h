// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "core/ops/rules.h"

// Windows that slide along the spatial axes of a batch with its channels last, (n, spatial..., c): the geometry that
// convolution and pooling share. One to three spatial axes.
namespace weft::ops {

inline constexpr int kMostSpatialAxes = 3;

// One entry per spatial axis in every list.
struct Windows {
  Ints sizes;      // elements of a window
  Ints strides;    // distance of neighboring windows
  Ints dilations;  // distance of neighboring elements of a window
  Ints low, high;  // padding before the first and behind the last element
};

// The attributes "strides", "dilations", "padding_low" and "padding_high", with `sizes` as the sizes of a window.
// ValueError unless there is one entry per size, and sizes, strides and dilations are positive
// and padding is not negative.
Windows windows_of(const std::string& op, const Attributes& attributes, Ints sizes);
// The four attributes.
void set_windows(Attributes& attributes, const Windows& windows);

// The sizes of the spatial axes. ShapeError unless the tensor has one to three of them, between a batch axis and
// channels.
Ints spatial_of(const std::string& op, const char* what, const Shape& x);
// (n, spatial..., channels)
Shape batch_of_images(std::int64_t n, const Ints& spatial, std::int64_t channels);

// Number of windows along each axis: floor((low + size + high - dilation (window - 1) - 1) / stride) + 1. ShapeError
// where a window is larger than the padded axis.
Ints count_windows(const std::string& op, const Ints& spatial, const Windows& windows);

}  // namespace weft::ops
