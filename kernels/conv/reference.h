// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "kernels/common/float_types.h"
#include "kernels/conv/problem.h"
#include "kernels/matmul/piece_sum.h"

// The arithmetic of the reference kernels of either device, which give the same bits.
namespace weft::kernels {

// A place on three axes.
struct Place {
  std::int64_t at[kSpatialAxes];
};

// Takes the place's index off the front of a row-major index that ends with it; gives what is left.
WEFT_HD inline std::int64_t take_place(std::int64_t index, const std::int64_t (&sizes)[kSpatialAxes], Place& place) {
  for (int i = kSpatialAxes - 1; i >= 0; --i) {
    place.at[i] = index % sizes[i];
    index /= sizes[i];
  }
  return index;
}
WEFT_HD inline std::int64_t index_of(std::int64_t first, const Place& place,
                                     const std::int64_t (&sizes)[kSpatialAxes]) {
  for (int i = 0; i < kSpatialAxes; ++i) first = first * sizes[i] + place.at[i];
  return first;
}
WEFT_HD inline std::int64_t places(const std::int64_t (&sizes)[kSpatialAxes]) { return sizes[0] * sizes[1] * sizes[2]; }

// The element of the image under one element of a window; false in the padding.
WEFT_HD inline bool image_under(const ConvProblem& p, const Place& result, const Place& window, Place& image) {
  for (int i = 0; i < kSpatialAxes; ++i) {
    image.at[i] = result.at[i] * p.stride[i] - p.low[i] + window.at[i] * p.dilation[i];
    if (image.at[i] < 0 || image.at[i] >= p.image[i]) return false;
  }
  return true;
}

// The window whose given element lies on an element of the image; false where there is none.
WEFT_HD inline bool result_over(const ConvProblem& p, const Place& image, const Place& window, Place& result) {
  for (int i = 0; i < kSpatialAxes; ++i) {
    const std::int64_t from = image.at[i] + p.low[i] - window.at[i] * p.dilation[i];
    result.at[i] = from / p.stride[i];
    if (from < 0 || from % p.stride[i] != 0 || result.at[i] >= p.result[i]) return false;
  }
  return true;
}

// One element of each op's result, by its row-major index.
struct ConvElement {
  template <class T>
  WEFT_HD static Compute<T> of(const ConvProblem& p, const T* x, const T* w, std::int64_t index) {
    const std::int64_t channels = p.channels / p.groups, filter = index % p.filters;
    const std::int64_t group = filter / (p.filters / p.groups);
    Place result, window, image;
    const std::int64_t n = take_place(index / p.filters, p.result, result);
    PieceSum<T> sum;
    for (std::int64_t k = 0; k < places(p.window); ++k) {
      take_place(k, p.window, window);
      if (!image_under(p, result, window, image)) continue;
      const T* from = x + index_of(n, image, p.image) * p.channels + group * channels;
      const T* weight = w + (filter * places(p.window) + k) * channels;
      for (std::int64_t c = 0; c < channels; ++c) sum.add(from[c], weight[c]);
    }
    return sum.total();
  }
};

struct ConvInputGradElement {
  template <class T>
  WEFT_HD static Compute<T> of(const ConvProblem& p, const T* dy, const T* w, std::int64_t index) {
    const std::int64_t channels = p.channels / p.groups, filters = p.filters / p.groups;
    const std::int64_t channel = index % p.channels, group = channel / channels;
    Place result, window, image;
    const std::int64_t n = take_place(index / p.channels, p.image, image);
    PieceSum<T> sum;
    for (std::int64_t k = 0; k < places(p.window); ++k) {
      take_place(k, p.window, window);
      if (!result_over(p, image, window, result)) continue;
      const T* from = dy + index_of(n, result, p.result) * p.filters + group * filters;
      const T* weight = w + (group * filters * places(p.window) + k) * channels + channel % channels;
      for (std::int64_t f = 0; f < filters; ++f) sum.add(from[f], weight[f * places(p.window) * channels]);
    }
    return sum.total();
  }
};

struct ConvWeightGradElement {
  template <class T>
  WEFT_HD static Compute<T> of(const ConvProblem& p, const T* x, const T* dy, std::int64_t index) {
    const std::int64_t channels = p.channels / p.groups, filters = p.filters / p.groups;
    Place result, window, image;
    const std::int64_t filter = take_place(index / channels, p.window, window);
    const std::int64_t channel = filter / filters * channels + index % channels;
    PieceSum<T> sum;
    for (std::int64_t i = 0; i < p.n * places(p.result); ++i) {
      const std::int64_t n = take_place(i, p.result, result);
      if (!image_under(p, result, window, image)) continue;
      sum.add(x[index_of(n, image, p.image) * p.channels + channel], dy[i * p.filters + filter]);
    }
    return sum.total();
  }
};

}  // namespace weft::kernels
