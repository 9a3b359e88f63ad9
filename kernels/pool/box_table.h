// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/device/thread_pool.h"
#include "kernels/pool/run.h"
#include "kernels/pool/shape.h"

namespace weft::kernels {

// The pixels of a pooling's result, and for each the box of pixels that it is made of, by tables of the axes.
class BoxTable {
 public:
  // The windows of an image, made of its pixels; or its pixels, made of the windows that hold them.
  enum class Results { kWindows, kPixels };
  BoxTable(const PoolShape& s, Results results);

  // Calls each(pixel, first, image, run) for every pixel of the result: the number of the box's first pixel, and of its
  // image's. The threads share the calls.
  template <class Each>
  void for_each(const Each& each) const {
    if (channels_ == 0) return;
    const std::int64_t pixels = images_ * to_[0] * to_[1] * to_[2];
    const std::int64_t work = channels_ * most_[0] * most_[1] * most_[2];
    parallel_for(pixels, std::max<std::int64_t>(1, kGrain / std::max<std::int64_t>(1, work)),
                 [&](std::int64_t begin, std::int64_t end) { for_range(begin, end, each); });
  }

 private:
  static constexpr std::int64_t kGrain = 1 << 15;  // elements that are worth a task

  template <class Each>
  void for_range(std::int64_t pixel, std::int64_t end, const Each& each) const {
    std::int64_t row = pixel / to_[2], k = pixel % to_[2];
    while (pixel < end) {
      const Span &a = axis_[0][static_cast<std::size_t>(row / to_[1] % to_[0])],
                 &b = axis_[1][static_cast<std::size_t>(row % to_[1])];
      const std::int64_t image = row / to_[1] / to_[0] * from_[0] * from_[1] * from_[2];
      const std::int64_t line = image + (a.first * from_[1] + b.first) * from_[2];
      PoolRun run = run_;
      run.count[0] = a.count;
      run.count[1] = b.count;
      for (; k < to_[2] && pixel < end; ++k, ++pixel) {
        const Span& c = axis_[2][static_cast<std::size_t>(k)];
        run.count[2] = c.count;
        run.position = static_cast<std::int32_t>((a.position * size_[1] + b.position) * size_[2] + c.position);
        each(pixel, line + c.first, image, run);
      }
      ++row;
      k = 0;
    }
  }

  std::vector<Span> axis_[3];
  std::int64_t images_, channels_;
  std::int64_t to_[3], from_[3];      // sizes of the result and of the other side
  std::int64_t size_[3], most_[3]{};  // sizes of a window, and of the largest box
  PoolRun run_{};                     // what all pixels share
};

}  // namespace weft::kernels
