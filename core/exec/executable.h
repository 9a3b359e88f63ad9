// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
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

// A graph made ready to run: pruned, planned, every kernel prepared. A run is one walk over a flat list of prepared calls;
// nothing is looked up and, in a steady state, nothing is allocated but what is returned.
class Executable {
 public:
  Executable(ir::Graph graph, const BuildOptions& options);
  ~Executable();
  Executable(const Executable&) = delete;
  Executable& operator=(const Executable&) = delete;

  // inputs: one dense array on the device per graph input. targets: per graph output the memory it is assigned to, or an
  // undefined array for one that is returned in fresh memory. Gives one array per output. Assignments take effect together:
  // a returned output keeps the value from before them where it asks for it. Not concurrent with itself.
  std::vector<Array> run(std::span<const Array> inputs, std::span<const Array> targets, const Stream& stream);

  const ir::Graph& graph() const { return graph_; }
  const plan::Plan& plan() const { return plan_; }
  std::int64_t workspace_bytes() const { return workspace_bytes_; }

 private:
  struct Step;
  struct Location;
  void prepare_steps(const BuildOptions& options);
  void bind(std::span<const Array> inputs, std::byte* arena);
  void* address(ir::Value value, std::span<const Array> inputs, std::byte* arena) const;

  ir::Graph graph_;
  Device device_;
  plan::Plan plan_;
  std::vector<Step> steps_;
  std::int64_t workspace_bytes_ = 0;  // the largest of any node
};

}  // namespace weft::exec
