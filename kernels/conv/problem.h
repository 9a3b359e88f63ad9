// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "core/exec/kernel.h"

namespace weft::kernels {

inline constexpr int kSpatialAxes = 3;

// The geometry that a convolution and both of its gradients share: images (n, image..., channels), filters (filters,
// window..., channels / groups), results (n, result..., filters). Axes that are missing are in front and have size 1.
struct ConvProblem {
  std::int64_t n = 0, channels = 0, filters = 0, groups = 1;
  std::int64_t image[kSpatialAxes] = {1, 1, 1}, window[kSpatialAxes] = {1, 1, 1}, result[kSpatialAxes] = {1, 1, 1};
  std::int64_t stride[kSpatialAxes] = {1, 1, 1}, dilation[kSpatialAxes] = {1, 1, 1};
  std::int64_t low[kSpatialAxes] = {0, 0, 0};  // padding before the first element
};

// The problem that a request for conv, conv_input_grad or conv_weight_grad poses.
ConvProblem conv_problem(const exec::KernelRequest& request);

}  // namespace weft::kernels
