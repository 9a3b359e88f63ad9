// SPDX-License-Identifier: Apache-2.0
#include "core/exec/executable.h"

#include "core/base/check.h"
#include "core/device/thread_pool.h"
#include "core/exec/arena_pool.h"
#include "core/exec/data_flag.h"
#include "core/exec/poison.h"
#include "core/exec/traits.h"
#include "core/ir/prune.h"
#include "core/ir/verify.h"
#include "core/ops/op.h"

namespace weft::exec {

Executable::Executable(const ir::Graph& graph, const BuildOptions& options)
    : graph_(ir::prune(graph)), device_(options.device) {
  ir::verify(graph_, ops::infer_node);
  prepare(options);
  bound_.resize(graph_.inputs.size());
}

void Executable::prepare(const BuildOptions& options) {
  std::vector<PreparedKernel> kernels(graph_.nodes.size());
  plan::Options planning;
  planning.workspace.resize(graph_.nodes.size());
  planning.alias = alias_offset;
  planning.in_place = may_run_in_place;
  planning.red_zone = kRedZone;
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const ir::Node& node = graph_.nodes[n];
    if (node.op == ir::input_op()) continue;
    std::vector<TensorSpec> inputs;
    for (const ir::Value v : node.inputs) inputs.push_back(graph_.spec(v));
    kernels[n] = prepare_kernel(
        {node.op, node.attributes, inputs, node.outputs, device_, node.path, node.body.get(), options.allow_tf32});
    planning.workspace[n] = static_cast<std::int64_t>(kernels[n].workspace);
  }
  plan_ = plan::make_plan(graph_, planning);
  for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
    const ir::Node& node = graph_.nodes[n];
    if (node.op == ir::input_op() || plan_.values[n][0].alias) continue;
    Step step;
    step.node = n;
    step.kernel = std::move(kernels[n]);
    for (const ir::Value v : node.inputs) step.inputs.push_back({nullptr, graph_.spec(v)});
    for (const TensorSpec& spec : node.outputs) step.outputs.push_back({nullptr, spec});
    step.call.workspace.spec = {Shape{planning.workspace[n]}, DType::kU8};
    step.call.device = device_.index();
    steps_.push_back(std::move(step));
  }
  for (Step& step : steps_) {
    step.call.inputs = step.inputs;
    step.call.outputs = step.outputs;
  }
}

void* Executable::address(ir::Value value) const {
  const plan::Placement& at = plan_.at(value);
  switch (at.kind) {
    case plan::Placement::Kind::kUnused:
      return nullptr;
    case plan::Placement::Kind::kArena:
      return arena_ + at.offset;
    case plan::Placement::Kind::kInput:
    case plan::Placement::Kind::kVariable:
      return static_cast<std::byte*>(bound_[static_cast<std::size_t>(at.input)]) + at.offset;
  }
  return nullptr;
}

void Executable::bind(std::span<const Array> inputs, std::byte* arena) {
  bool moved = arena != arena_;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    moved |= bound_[i] != inputs[i].data();
    bound_[i] = inputs[i].data();
  }
  arena_ = arena;
  if (!moved) return;
  for (Step& step : steps_) {
    const ir::Node& node = graph_.nodes[step.node];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) step.inputs[i].data = address(node.inputs[i]);
    for (std::size_t o = 0; o < node.outputs.size(); ++o)
      step.outputs[o].data = address({static_cast<std::int32_t>(step.node), static_cast<std::int32_t>(o)});
    const std::int64_t workspace = plan_.workspace[step.node];
    step.call.workspace.data = workspace < 0 ? nullptr : arena_ + workspace;
  }
}

std::vector<Array> Executable::run(std::span<const Array> inputs, std::span<const Array> targets,
                                   const Stream& stream) {
  const ArenaLease arena(static_cast<std::size_t>(plan_.arena_bytes), stream);
  bind(inputs, arena.data());
  DataFlag* flag = data_flag(device_);
  const FlushDenormals flush;
  PoisonGuard poison(plan_, arena_, stream);
  for (Step& step : steps_) {
    poison.before(step.node);
    step.call.stream = stream.handle();
    step.call.flag = flag;
    step.kernel.run(step.call);
    poison.after(step.node);
  }
  poison.before(graph_.nodes.size());  // the places where results are staged
  return collect(targets, stream);
}

std::vector<Array> Executable::collect(std::span<const Array> targets, const Stream& stream) {
  const auto copy = [&](void* to, const void* from, std::int64_t bytes) {
    copy_bytes(to, device_, from, device_, static_cast<std::size_t>(bytes), stream);
  };
  std::vector<Array> out(graph_.outputs.size());
  std::vector<const void*> sources(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const ir::Value value = graph_.outputs[i].value;
    sources[i] = address(value);
    if (const std::int64_t staging = plan_.results[i].staging; staging >= 0) {
      copy(arena_ + staging, sources[i], graph_.spec(value).bytes());
      sources[i] = arena_ + staging;
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const TensorSpec& spec = graph_.spec(graph_.outputs[i].value);
    if (plan_.results[i].in_place) {
      out[i] = targets[i];
      continue;
    }
    out[i] = targets[i].defined() ? targets[i] : Array::empty(spec, stream);
    copy(out[i].data(), sources[i], spec.bytes());
  }
  return out;
}

}  // namespace weft::exec
