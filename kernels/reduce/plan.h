// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/exec/kernel.h"
#include "core/scalar/annotate.h"

namespace weft::kernels {

// Axes that are walked together: sizes and strides, outermost first.
struct AxisList {
  static constexpr int kMax = 8;
  int rank = 0;
  std::int64_t size[kMax] = {}, stride[kMax] = {};

  WEFT_HD std::int64_t count() const {
    std::int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= size[i];
    return n;
  }
  // Offset of the index-th element of these axes.
  WEFT_HD std::int64_t offset(std::int64_t index) const {
    std::int64_t at = 0;
    for (int i = rank - 1; i > 0; --i) {
      at += index % size[i] * stride[i];
      index /= size[i];
    }
    return rank ? at + index * stride[0] : 0;
  }
};

// A reduction after neighboring axes of one kind are merged and axes of size 1 dropped. Output o is made of the
// elements at kept.offset(o) + reduced.offset(r), r < count.
struct ReducePlan {
  AxisList kept, reduced;
  std::int64_t outputs = 1, count = 1;
  std::int64_t correction = 0;  // of variance
  bool rows = false;            // the innermost axis is reduced, so neighbors belong to one output
};

// The plan of a request whose op has the attribute `axes` or `axis`. ShapeError if more than 8 separate axes are
// reduced or kept.
ReducePlan make_reduce_plan(const exec::KernelRequest& request);

}  // namespace weft::kernels
