// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/common/float_types.h"
#include "kernels/conv/slides.h"

namespace weft::kernels {

// Copies what lies under the windows of consecutive results, a row of taps and channels per result, so that a
// convolution becomes a matrix product. Padding is zero, and 16-bit elements are widened.
template <class T>
class Patches {
  using A = Compute<T>;

 public:
  explicit Patches(const Slide& slide)
      : s_(slide),
        joined_(slide.groups == 1 && slide.axis[2].tap_stride == 1),
        run_(joined_ ? slide.axis[2].taps * slide.channels : slide.channels),
        pixel_(slide.groups * slide.channels) {}

  // Columns [begin, end) of the rows of results [result, result + count) of one image; `image` is its first element of
  // the group.
  void gather(const T* image, std::int64_t result, std::int64_t count, std::int64_t begin, std::int64_t end,
              A* to) const {
    std::int64_t place[kSpatialAxes];
    for (int i = kSpatialAxes - 1; i >= 0; --i) {
      place[i] = result % s_.axis[i].count;
      result /= s_.axis[i].count;
    }
    for (std::int64_t row = 0; row < count; ++row, to += end - begin) {
      gather_row(image, place, begin, end, to);
      for (int i = kSpatialAxes - 1; i >= 0 && ++place[i] == s_.axis[i].count; --i) place[i] = 0;
    }
  }

 private:
  static std::int64_t source(const SlideAxis& axis, std::int64_t i, std::int64_t tap) {
    return axis.first + i * axis.stride + tap * axis.tap_stride;
  }
  static bool inside(const SlideAxis& axis, std::int64_t at) { return at >= 0 && at < axis.source; }

  void gather_row(const T* image, const std::int64_t* place, std::int64_t begin, std::int64_t end, A* to) const {
    const SlideAxis &planes = s_.axis[0], &rows = s_.axis[1], &columns = s_.axis[2];
    const std::int64_t runs_per_row = joined_ ? 1 : columns.taps;
    std::int64_t run = begin / run_, column = run * run_;
    for (; column < end; ++run, column += run_) {
      const std::int64_t tap = run / runs_per_row;
      const std::int64_t z = source(planes, place[0], tap / rows.taps), y = source(rows, place[1], tap % rows.taps);
      const std::int64_t x = source(columns, place[2], joined_ ? 0 : run % runs_per_row);
      const std::int64_t from = std::max(begin, column), until = std::min(end, column + run_);
      // Elements of the run that lie in the image: some taps at either end may not.
      std::int64_t low = until, high = until;
      if (inside(planes, z) && inside(rows, y)) {
        const std::int64_t taps = joined_ ? columns.taps : 1;
        const std::int64_t first = std::clamp<std::int64_t>(-x, 0, taps);
        const std::int64_t last = std::clamp<std::int64_t>(columns.source - x, first, taps);
        low = std::clamp(column + first * s_.channels, from, until);
        high = std::clamp(column + last * s_.channels, low, until);
      }
      std::fill(to + (from - begin), to + (low - begin), A{0});
      if (low < high) {
        const std::int64_t pixel = (z * rows.source + y) * columns.source + x;
        copy(image + pixel * pixel_ + (low - column), high - low, to + (low - begin));
      }
      std::fill(to + (high - begin), to + (until - begin), A{0});
    }
  }

  static void copy(const T* from, std::int64_t n, A* to) {
    if constexpr (std::is_same_v<T, A>) {
      std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(A));
    } else {
      for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<A>(from[i]);
    }
  }

  Slide s_;
  bool joined_;         // taps along the last axis are neighbors in the image
  std::int64_t run_;    // elements that lie together in the image
  std::int64_t pixel_;  // elements from one pixel to the next
};

}  // namespace weft::kernels
