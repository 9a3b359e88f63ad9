// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/conv/problem.h"

namespace weft::kernels {

// One spatial axis of a slide. Result i under tap t reads place first + i stride + t tap_stride of the source, is
// weighed by element window_first + t window_stride of the filters, and goes to place to_first + i to_stride.
struct SlideAxis {
  std::int64_t source = 1, count = 1, to = 1;  // sizes: the source's, results, and the destination's
  std::int64_t first = 0, stride = 1;
  std::int64_t taps = 1, tap_stride = 1;
  std::int64_t window_first = 0, window_stride = 1;
  std::int64_t to_first = 0, to_stride = 1;
};

// Windows that slide over images, one sum over taps and channels per result. conv is one slide. conv_input_grad is one
// for each residue of the image's places by the strides, because each residue sees a part of the window alone.
struct Slide {
  std::int64_t n = 0, groups = 1;
  std::int64_t channels = 0, filters = 0;  // of one group: of the source, and of the destination
  SlideAxis axis[kSpatialAxes];

  std::int64_t taps() const { return axis[0].taps * axis[1].taps * axis[2].taps; }
  std::int64_t depth() const { return taps() * channels; }  // products in one sum
  std::int64_t results() const { return axis[0].count * axis[1].count * axis[2].count; }
  // True if the results of an image are its destination, in order.
  bool fills() const;
};

Slide forward_slide(const ConvProblem& p);
std::vector<Slide> input_grad_slides(const ConvProblem& p);

}  // namespace weft::kernels
