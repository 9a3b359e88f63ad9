// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

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
        pixel_(slide.groups * slide.channels) {
    const SlideAxis &planes = s_.axis[0], &rows = s_.axis[1], &columns = s_.axis[2];
    for (std::int64_t z = 0; z < planes.taps; ++z)
      for (std::int64_t y = 0; y < rows.taps; ++y)
        for (std::int64_t x = 0; x < (joined_ ? 1 : columns.taps); ++x) {
          const std::int64_t at[] = {z * planes.tap_stride, y * rows.tap_stride, x * columns.tap_stride};
          runs_.push_back({at[0], at[1], at[2], ((at[0] * rows.source + at[1]) * columns.source + at[2]) * pixel_});
        }
  }

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
  // Elements that lie together in the image: where the first of them is, from the first tap.
  struct Run {
    std::int64_t z, y, x, offset;
  };

  static bool inside(const SlideAxis& axis, std::int64_t at) { return at >= 0 && at < axis.source; }
  static bool all_inside(const SlideAxis& axis, std::int64_t first) {
    return first >= 0 && first + (axis.taps - 1) * axis.tap_stride < axis.source;
  }

  void gather_row(const T* image, const std::int64_t* place, std::int64_t begin, std::int64_t end, A* to) const {
    const SlideAxis &planes = s_.axis[0], &rows = s_.axis[1], &columns = s_.axis[2];
    const std::int64_t z = planes.first + place[0] * planes.stride, y = rows.first + place[1] * rows.stride;
    const std::int64_t x = columns.first + place[2] * columns.stride;
    const bool whole = all_inside(planes, z) && all_inside(rows, y) && all_inside(columns, x);
    const std::int64_t first = ((z * rows.source + y) * columns.source + x) * pixel_;
    if (whole && begin == 0 && end == static_cast<std::int64_t>(runs_.size()) * run_) {
      for (const Run& run : runs_) {
        copy(image + (first + run.offset), run_, to);
        to += run_;
      }
      return;
    }
    const Run* run = runs_.data() + begin / run_;
    for (std::int64_t column = begin / run_ * run_; column < end; ++run, column += run_) {
      const std::int64_t from = std::max(begin, column), until = std::min(end, column + run_);
      std::int64_t low = from, high = until;
      if (!whole) clip(*run, z, y, x, column, low, high);
      std::fill(to + (from - begin), to + (low - begin), A{0});
      if (low < high) copy(image + (first + run->offset + low - column), high - low, to + (low - begin));
      std::fill(to + (high - begin), to + (until - begin), A{0});
    }
  }

  // Takes off the elements of a run at `column` that lie beside the image: some taps at either end.
  void clip(const Run& run, std::int64_t z, std::int64_t y, std::int64_t x, std::int64_t column, std::int64_t& low,
            std::int64_t& high) const {
    const SlideAxis& columns = s_.axis[2];
    if (!inside(s_.axis[0], z + run.z) || !inside(s_.axis[1], y + run.y)) {
      low = high;
      return;
    }
    const std::int64_t taps = joined_ ? columns.taps : 1, at = x + run.x;
    const std::int64_t first = std::clamp<std::int64_t>(-at, 0, taps);
    const std::int64_t last = std::clamp<std::int64_t>(columns.source - at, first, taps);
    low = std::clamp(column + first * s_.channels, low, high);
    high = std::clamp(column + last * s_.channels, low, high);
  }

  // Blocks of a known size, because a call of memcpy costs more than most runs; the last one may overlap.
  static void copy(const T* from, std::int64_t n, A* to) {
    if constexpr (std::is_same_v<T, A>) {
      if (n >= kBlock) return copy_blocks<kBlock>(from, n, to);
      if (n >= kBlock / 2) return copy_blocks<kBlock / 2>(from, n, to);
      if (n >= kBlock / 4) return copy_blocks<kBlock / 4>(from, n, to);
    }
    for (std::int64_t i = 0; i < n; ++i) to[i] = static_cast<A>(from[i]);
  }
  static constexpr std::int64_t kBlock = 64 / sizeof(A);
  template <std::int64_t size>
  static void copy_blocks(const T* from, std::int64_t n, A* to) {
    for (std::int64_t i = 0; i + size < n; i += size) std::memcpy(to + i, from + i, size * sizeof(T));
    std::memcpy(to + n - size, from + n - size, size * sizeof(T));
  }

  Slide s_;
  bool joined_;         // taps along the last axis are neighbors in the image
  std::int64_t run_;    // elements that lie together in the image
  std::int64_t pixel_;  // elements from one pixel to the next
  std::vector<Run> runs_;
};

}  // namespace weft::kernels
