// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// The memory that a program needs, in bytes, by use and by layer.
struct MemoryReport {
  struct Layer {
    std::string path;
    std::int64_t variables = 0;
    std::int64_t gradients = 0, activations = 0, workspace = 0;  // in the arena when it is fullest
  };
  std::string program, device;
  std::vector<Layer> layers;  // in the order of their first use
  std::int64_t parameters = 0, buffers = 0, optimizer = 0, constants = 0, arguments = 0, arena = 0, results = 0;
  std::int64_t missing = 0;  // bytes of variables whose value is still to be drawn
  std::string peak;          // the node at which the arena is fullest: "node 17, matmul of 0, backward"

  std::int64_t total() const { return parameters + buffers + optimizer + constants + arguments + arena + results; }
  // The bytes that a first run has to allocate; the other variables and the constants are there already.
  std::int64_t still_needed() const { return missing + arguments + arena + results; }
  // A table by use and a table by layer.
  std::string text() const;
};

}  // namespace weft
