// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <vector>

#include "core/exec/kernel.h"
#include "core/ir/graph.h"
#include "core/plan/plan.h"

namespace weft::exec {

struct BuildOptions {
  Device device;
  bool allow_tf32 = false;   // f32 products and convolutions may use TF32 on CUDA
  DType half = DType::kF32;  // kBF16 or kF16: f32 products round their operands to it; see passes::lower_precision()
  bool fuse = true;          // false: a call per traced node, for a debugger; ops without a kernel in their parts
};

// A graph made ready to run: pruned, planned, every kernel prepared. An executable never changes, so that any number of
// instances may run at once.
class Executable {
 public:
  Executable(const ir::Graph& graph, const BuildOptions& options);
  Executable(const Executable&) = delete;
  Executable& operator=(const Executable&) = delete;

  const ir::Graph& graph() const { return graph_; }
  const plan::Plan& plan() const { return plan_; }
  Device device() const { return device_; }
  // One prepared call per node that has something to run, in order.
  struct PreparedCall {
    std::size_t node = 0;
    PreparedKernel kernel;
  };
  const std::vector<PreparedCall>& prepared_calls() const { return prepared_calls_; }

 private:
  void prepare(const BuildOptions& options);

  ir::Graph graph_;
  Device device_;
  plan::Plan plan_;
  std::vector<PreparedCall> prepared_calls_;
};

}  // namespace weft::exec
