// SPDX-License-Identifier: Apache-2.0
#include "core/exec/executable.h"

#include <utility>

#include "core/base/check.h"
#include "core/device/thread_pool.h"
#include "core/exec/arena_pool.h"
#include "core/exec/data_flag.h"
#include "core/exec/poison.h"
#include "core/exec/traits.h"
#include "core/fusion/optimize.h"
#include "core/fusion/precision.h"
#include "core/ir/prune.h"
#include "core/ir/verify.h"
#include "core/ops/op.h"

namespace weft::exec {

namespace {

ir::Graph passed(const ir::Graph& traced, const BuildOptions& options) {
  ir::Graph graph = ir::prune(traced);
  if (options.half != DType::kF32) graph = fusion::lower_precision(graph, options.half);
  return options.fuse ? fusion::optimize(graph) : graph;
}

}  // namespace

Executable::Executable(const ir::Graph& graph, const BuildOptions& options)
    : graph_(passed(graph, options)), device_(options.device) {
  ir::verify(graph_, ops::infer_node);
  prepare(options);
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
    if (graph_.nodes[n].op == ir::input_op() || plan_.values[n][0].alias) continue;
    steps_.push_back({n, std::move(kernels[n])});
  }
}

Instance::Instance(std::shared_ptr<const Executable> executable) : executable_(std::move(executable)) {
  const ir::Graph& graph = executable_->graph();
  bound_.resize(graph.inputs.size());
  calls_.resize(executable_->steps().size());
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const Executable::Step& step = executable_->steps()[s];
    const ir::Node& node = graph.nodes[step.node];
    Bound& bound = calls_[s];
    for (const ir::Value v : node.inputs) bound.inputs.push_back({nullptr, graph.spec(v)});
    for (const TensorSpec& spec : node.outputs) bound.outputs.push_back({nullptr, spec});
    bound.call.inputs = bound.inputs;
    bound.call.outputs = bound.outputs;
    bound.call.workspace.spec = {Shape{static_cast<std::int64_t>(step.kernel.workspace)}, DType::kU8};
    bound.call.device = executable_->device().index();
  }
}

void* Instance::address(ir::Value value) const {
  const plan::Placement& at = executable_->plan().at(value);
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

void Instance::bind(std::span<const Array> inputs, std::byte* arena) {
  bool moved = arena != arena_;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    moved |= bound_[i] != inputs[i].data();
    bound_[i] = inputs[i].data();
  }
  arena_ = arena;
  if (!moved) return;
  const ir::Graph& graph = executable_->graph();
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const std::size_t n = executable_->steps()[s].node;
    const ir::Node& node = graph.nodes[n];
    Bound& bound = calls_[s];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) bound.inputs[i].data = address(node.inputs[i]);
    for (std::size_t o = 0; o < node.outputs.size(); ++o)
      bound.outputs[o].data = address({static_cast<std::int32_t>(n), static_cast<std::int32_t>(o)});
    const std::int64_t workspace = executable_->plan().workspace[n];
    bound.call.workspace.data = workspace < 0 ? nullptr : arena_ + workspace;
  }
}

std::vector<Array> Instance::run(std::span<const Array> inputs, std::span<const Array> targets, const Stream& stream) {
  const Executable& program = *executable_;
  const ArenaLease arena(static_cast<std::size_t>(program.plan().arena_bytes), stream);
  bind(inputs, arena.data());
  DataFlag* flag = data_flag(program.device());
  const FlushDenormals flush;
  PoisonGuard poison(program.plan(), arena_, stream);
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const Executable::Step& step = program.steps()[s];
    Call& call = calls_[s].call;
    poison.before(step.node);
    call.stream = stream.handle();
    call.flag = flag;
    step.kernel.run(call);
    poison.after(step.node);
  }
  poison.before(program.graph().nodes.size());  // the places where results are staged
  return collect(targets, stream);
}

std::vector<Array> Instance::collect(std::span<const Array> targets, const Stream& stream) {
  const ir::Graph& graph = executable_->graph();
  const plan::Plan& plan = executable_->plan();
  const Device device = executable_->device();
  const auto copy = [&](void* to, const void* from, std::int64_t bytes) {
    copy_bytes(to, device, from, device, static_cast<std::size_t>(bytes), stream);
  };
  std::vector<Array> out(graph.outputs.size());
  std::vector<const void*> sources(out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const ir::Value value = graph.outputs[i].value;
    sources[i] = address(value);
    if (const std::int64_t staging = plan.results[i].staging; staging >= 0) {
      copy(arena_ + staging, sources[i], graph.spec(value).bytes());
      sources[i] = arena_ + staging;
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const TensorSpec& spec = graph.spec(graph.outputs[i].value);
    if (plan.results[i].in_place) {
      out[i] = targets[i];
      continue;
    }
    out[i] = targets[i].defined() ? targets[i] : Array::empty(spec, stream);
    copy(out[i].data(), sources[i], spec.bytes());
  }
  return out;
}

}  // namespace weft::exec
