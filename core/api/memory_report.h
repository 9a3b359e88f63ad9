// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/api/tracer.h"
#include "core/exec/executable.h"

namespace weft::detail {

// Who needs how much of what a program takes.
struct MemoryReport {
  struct Layer {
    std::string path;
    std::int64_t variables = 0;
    std::int64_t gradients = 0, activations = 0, workspace = 0;  // in the arena when it is fullest
  };
  std::vector<Layer> layers;  // in the order of their first use
  std::int64_t parameters = 0, buffers = 0, optimizer = 0, constants = 0, arguments = 0, arena = 0, results = 0;
  std::int64_t missing = 0;  // of the variables: those whose value is still to be drawn
  std::string peak;          // "node 17, matmul of 0, backward"

  std::int64_t total() const { return parameters + buffers + optimizer + constants + arguments + arena + results; }
  // What a first run has to allocate; the other variables and the constants are there already.
  std::int64_t still_needed() const { return missing + arguments + arena + results; }
  std::string text() const;
};

MemoryReport memory_report(const Trace& trace, const exec::Executable& program);

// "1.5 GiB"
std::string human_bytes(std::int64_t bytes);

}  // namespace weft::detail
