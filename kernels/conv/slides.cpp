// SPDX-License-Identifier: Apache-2.0
#include "kernels/conv/slides.h"

#include <algorithm>
#include <numeric>

namespace weft::kernels {
namespace {

// The slides along axis i of the image's gradient: places r, r + stride, ... of the image, for each residue r.
std::vector<SlideAxis> residues(const ConvProblem& p, int i) {
  std::vector<SlideAxis> all;
  const std::int64_t stride = p.stride[i], dilation = p.dilation[i], common = std::gcd(stride, dilation);
  for (std::int64_t r = 0; r < std::min(stride, p.image[i]); ++r) {
    SlideAxis axis;
    axis.source = p.result[i];
    axis.to = p.image[i];
    axis.to_first = r;
    axis.to_stride = stride;
    axis.count = (p.image[i] - r + stride - 1) / stride;
    // Elements of the window that meet this residue lie stride / common apart; from the last to the first of them, so
    // that places in the source ascend.
    axis.taps = 0;
    axis.tap_stride = dilation / common;
    axis.window_stride = -(stride / common);
    for (std::int64_t k = 0; k < std::min(p.window[i], stride / common); ++k) {
      if ((r + p.low[i] - k * dilation) % stride != 0) continue;
      axis.taps = (p.window[i] - k + stride / common - 1) / (stride / common);
      axis.window_first = k + (axis.taps - 1) * (stride / common);
      axis.first = (r + p.low[i] - axis.window_first * dilation) / stride;
    }
    all.push_back(axis);
  }
  return all;
}

}  // namespace

bool Slide::fills() const {
  return std::all_of(std::begin(axis), std::end(axis),
                     [](const SlideAxis& a) { return a.to_first == 0 && a.to_stride == 1 && a.count == a.to; });
}

Slide forward_slide(const ConvProblem& p) {
  Slide s;
  s.n = p.n;
  s.groups = p.groups;
  s.channels = p.channels / p.groups;
  s.filters = p.filters / p.groups;
  for (int i = 0; i < kSpatialAxes; ++i) {
    SlideAxis& axis = s.axis[i];
    axis.source = p.image[i];
    axis.count = axis.to = p.result[i];
    axis.first = -p.low[i];
    axis.stride = p.stride[i];
    axis.taps = p.window[i];
    axis.tap_stride = p.dilation[i];
  }
  return s;
}

std::vector<Slide> input_grad_slides(const ConvProblem& p) {
  std::vector<Slide> all;
  const std::vector<SlideAxis> planes = residues(p, 0), rows = residues(p, 1), columns = residues(p, 2);
  for (const SlideAxis& plane : planes)
    for (const SlideAxis& row : rows)
      for (const SlideAxis& column : columns)
        all.push_back({p.n, p.groups, p.filters / p.groups, p.channels / p.groups, {plane, row, column}});
  return all;
}

}  // namespace weft::kernels
