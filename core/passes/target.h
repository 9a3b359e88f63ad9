// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace weft::passes {

// What the device that a graph is meant for can do beside what every device can.
struct Target {
  // Its matrix library computes the gradients of bias, ReLU and GELU along with products.
  bool gradient_epilogues = false;
};

}  // namespace weft::passes
