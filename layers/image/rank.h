// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "core/base/check.h"
#include "weft/error.h"
#include "weft/tensor.h"

namespace weft {

// ShapeError, naming the layer `name`, unless x is (n, spatial..., channels) with so many spatial axes.
inline void expect_images(const char* name, const Tensor& x, int axes) {
  if (x.rank() == axes + 2) return;
  constexpr const char* kAxes[] = {"(n, length, c)", "(n, height, width, c)", "(n, depth, height, width, c)"};
  fail<ShapeError>(name, "input is ", x.shape(), "; it must have ", axes + 2, " axes, ", kAxes[axes - 1],
                   x.rank() == axes + 1 ? "; a batch of one image is x.reshape({1, ...})" : "");
}

}  // namespace weft
