// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "weft/detail/export.h"

namespace weft WEFT_EXPORT {

// The memory that a program needs, in bytes, by use and by layer.
struct MemoryReport {
  // The share of one layer.
  struct Layer {
    std::string path;            // "" for what is outside of layers
    std::int64_t variables = 0;  // parameters and buffers
    // Bytes in the arena when it is fullest.
    std::int64_t gradients = 0;    // gradients in the backward
    std::int64_t activations = 0;  // values of the forward
    std::int64_t workspace = 0;    // workspace of kernels
  };
  std::string program;          // the name in CompileOptions
  std::string device;           // "cpu" or "cuda:0"
  std::vector<Layer> layers;    // in the order of their first use
  std::int64_t parameters = 0;  // variables that are trained
  std::int64_t buffers = 0;     // other variables of layers
  std::int64_t optimizer = 0;   // state of optimizers and other variables without a layer
  std::int64_t constants = 0;   // tensors that the trace captured
  std::int64_t arguments = 0;   // arguments of a call
  std::int64_t arena = 0;       // one block for all that lives within a run
  std::int64_t results = 0;     // returned tensors
  std::int64_t missing = 0;     // variables whose value is still to be drawn
  std::string peak;             // the node at which the arena is fullest: "node 17, matmul of 0, backward"

  // All bytes of the program.
  std::int64_t total() const { return parameters + buffers + optimizer + constants + arguments + arena + results; }
  // The bytes that a first run has to allocate; the other variables and the constants are there already.
  std::int64_t still_needed() const { return missing + arguments + arena + results; }
  // A table by use and a table by layer.
  std::string text() const;
};

}  // namespace weft
