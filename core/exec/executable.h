// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/array/array.h"
#include "core/exec/kernel.h"
#include "core/ir/graph.h"
#include "core/plan/plan.h"

namespace weft::exec {

struct BuildOptions {
  Device device;
  bool allow_tf32 = false;  // f32 matmuls may use TF32 on CUDA
};

// A graph made ready to run: pruned, planned, every kernel prepared. A run is one walk over a flat list of prepared
// calls; nothing is looked up and, in a steady state, nothing is allocated but the memory of what is returned.
class Executable {
 public:
  Executable(const ir::Graph& graph, const BuildOptions& options);
  Executable(const Executable&) = delete;
  Executable& operator=(const Executable&) = delete;

  // inputs: a dense array on the device per graph input. targets: per graph output the memory of the variable that it
  // is assigned to, or an undefined array for a returned one, which gets fresh memory. Gives one array per output.
  // Reads see the variables as they were before the run, whatever is assigned. Not concurrent with itself.
  std::vector<Array> run(std::span<const Array> inputs, std::span<const Array> targets, const Stream& stream);

  const ir::Graph& graph() const { return graph_; }
  const plan::Plan& plan() const { return plan_; }

 private:
  // One prepared call. The views point into the arena and the inputs, and are set anew when one of those has moved.
  struct Step {
    std::size_t node = 0;
    PreparedKernel kernel;
    std::vector<View> inputs, outputs;
    Call call;  // made once, so that a run copies and allocates nothing
  };
  void prepare(const BuildOptions& options);
  void bind(std::span<const Array> inputs, std::byte* arena);
  void* address(ir::Value value) const;
  std::vector<Array> collect(std::span<const Array> targets, const Stream& stream);

  ir::Graph graph_;
  Device device_;
  plan::Plan plan_;
  std::vector<Step> steps_;
  std::byte* arena_ = nullptr;
  std::vector<void*> bound_;  // the inputs that the views are set for
};

}  // namespace weft::exec
