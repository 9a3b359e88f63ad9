// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/scalar/annotate.h"
#include "weft/shape.h"

namespace weft::kernels {

// A dense tensor seen from one of its axes: (outer, size, inner).
struct AxisSplit {
  std::int64_t outer = 1, size = 1, inner = 1;
  WEFT_HD std::int64_t numel() const { return outer * size * inner; }
};

inline AxisSplit split_at(const Shape& shape, std::int64_t axis) {
  AxisSplit split;
  for (int i = 0; i < shape.rank(); ++i) {
    (i < axis ? split.outer : i > axis ? split.inner : split.size) *= shape[i];
  }
  return split;
}

}  // namespace weft::kernels
