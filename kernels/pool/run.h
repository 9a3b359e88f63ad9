// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"

namespace weft::kernels {

// A box of pixels that a pixel of the result is made of.
struct PoolRun {
  std::int64_t count[3];  // pixels along the axes
  std::int64_t step[3];   // pixels from one to the next along the axes
  std::int64_t channels;
  std::int32_t position, move[3];  // in the window, of the first pixel and from one pixel to the next

  // Calls visit(pixel, position) for the pixels in row-major order, counted from the first one.
  template <class Visit>
  WEFT_HD void for_each(const Visit& visit) const {
    for (std::int64_t i = 0; i < count[0]; ++i)
      for (std::int64_t j = 0; j < count[1]; ++j) {
        std::int64_t pixel = i * step[0] + j * step[1];
        auto at = static_cast<std::int32_t>(position + i * move[0] + j * move[1]);
        for (std::int64_t k = 0; k < count[2]; ++k) {
          visit(pixel, at);
          pixel += step[2];
          at += move[2];
        }
      }
  }
};

}  // namespace weft::kernels
