// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace weft::passes {

// Abilities of the device that a graph is optimized for, beyond those of every device.
struct Target {
  // True if a matrix library computes the gradients of bias, ReLU and GELU along with products.
  bool gradient_epilogues = false;
};

}  // namespace weft::passes
