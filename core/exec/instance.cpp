// SPDX-License-Identifier: Apache-2.0
#include "core/exec/instance.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/device/thread_pool.h"
#include "weft/log.h"

namespace weft::exec {
namespace {

constexpr std::size_t kReplays = 16;                           // recordings that an instance keeps
constexpr std::int64_t kLargeResult = std::int64_t{64} << 10;  // bytes; smaller results are copied on CUDA

// The values in those blocks of the arena that are still in use after the run.
class LastValues {
 public:
  LastValues(const ir::Graph& graph, const plan::Plan& plan) : plan_(plan) {
    const auto end = static_cast<std::int32_t>(graph.nodes.size());
    for (const plan::Block& block : plan.blocks)
      if (block.use == plan::Block::Use::kValue && block.last == end && block.bytes > 0)
        blocks_.emplace(block.offset, Residents{&block, {}});
    for (std::int32_t n = 0; n < end; ++n) {
      const auto outputs = static_cast<std::int32_t>(graph.nodes[static_cast<std::size_t>(n)].outputs.size());
      for (std::int32_t o = 0; o < outputs; ++o)
        if (Residents* const around = find({n, o})) around->values.push_back({n, o});
    }
  }

  // All values on exactly this value's bytes in its block: its aliases, the values it overwrote in place, and itself.
  // Empty if a value shares only some of the bytes, or if this value is outside the arena.
  std::vector<ir::Value> in_the_place_of(ir::Value value) {
    const Residents* const around = find(value);
    if (!around) return {};
    const plan::Placement& place = plan_.at(value);
    std::vector<ir::Value> out;
    for (const ir::Value v : around->values) {
      const plan::Placement& its = plan_.at(v);
      if (its.offset >= place.offset + place.bytes || place.offset >= its.offset + its.bytes) continue;
      if (its.offset != place.offset || its.bytes != place.bytes) return {};
      out.push_back(v);
    }
    return out;
  }

 private:
  struct Residents {
    const plan::Block* block;
    std::vector<ir::Value> values;
  };

  Residents* find(ir::Value value) {
    const plan::Placement& place = plan_.at(value);
    if (place.kind != plan::Placement::Kind::kArena) return nullptr;
    const auto behind = blocks_.upper_bound(place.offset);
    if (behind == blocks_.begin()) return nullptr;
    Residents& around = std::prev(behind)->second;
    const bool inside = place.offset + place.bytes <= around.block->offset + around.block->bytes;
    return inside && around.block->first <= value.node ? &around : nullptr;
  }

  const plan::Plan& plan_;
  std::map<std::int64_t, Residents> blocks_;  // by offset
};

bool may_report(const Executable& executable) {
  return std::ranges::any_of(executable.prepared_calls(),
                             [](const Executable::PreparedCall& call) { return call.kernel.reports; });
}

}  // namespace

Instance::Instance(std::shared_ptr<const Executable> executable, std::shared_ptr<ArenaPool> arenas)
    : executable_(std::move(executable)),
      arenas_(std::move(arenas)),
      arguments_(executable_->graph(), executable_->device()),
      calls_(executable_->prepared_calls().size()),
      bound_(executable_->graph().inputs.size()),
      targets_(executable_->graph().outputs.size()),
      fault_(Stream::current(executable_->device()), may_report(*executable_)),
      recordable_(executable_->device().is_cuda() && !calls_.empty()) {
  const ir::Graph& graph = executable_->graph();
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const Executable::PreparedCall& step = executable_->prepared_calls()[s];
    const ir::Node& node = graph.nodes[step.node];
    Bound& bound = calls_[s];
    for (const ir::Value v : node.inputs) bound.inputs.push_back({nullptr, graph.spec(v)});
    for (const TensorSpec& spec : node.outputs) bound.outputs.push_back({nullptr, spec});
    bound.call.inputs = bound.inputs;
    bound.call.outputs = bound.outputs;
    bound.call.workspace.spec = {Shape{static_cast<std::int64_t>(step.kernel.workspace)}, DType::kU8};
    bound.call.device = executable_->device().index();
  }
  find_movable();
  Stream::current(executable_->device())
      .synchronize();  // runs may use another stream, and the fault's place is set here
}

void Instance::find_movable() {
  const ir::Graph& graph = executable_->graph();
  movable_.resize(graph.outputs.size());
  std::map<ir::Value, int> returns;  // per value: the outputs that return it
  for (const ir::Output& output : graph.outputs) ++returns[output.value];
  LastValues last(graph, executable_->plan());
  std::map<ir::Value, std::size_t> moved;  // value -> the output whose memory it moves to
  for (std::size_t i = 0; i < movable_.size(); ++i) {
    const ir::Value value = graph.outputs[i].value;
    if (executable_->device().is_cuda() && graph.spec(value).bytes() < kLargeResult) continue;
    if (executable_->plan().results[i].staging >= 0) continue;
    const std::vector<ir::Value> values = last.in_the_place_of(value);
    int outputs = 0;
    for (const ir::Value v : values) outputs += returns.contains(v) ? returns.at(v) : 0;
    if (outputs == 1)
      for (const ir::Value v : values) moved.emplace(v, i);
  }
  const auto move = [&](ir::Value value, View& view) {
    const auto found = moved.find(value);
    if (found != moved.end()) movable_[found->second].push_back(&view);
  };
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const auto n = static_cast<std::int32_t>(executable_->prepared_calls()[s].node);
    const std::vector<ir::Value>& inputs = graph.nodes[static_cast<std::size_t>(n)].inputs;
    for (std::size_t k = 0; k < inputs.size(); ++k) move(inputs[k], calls_[s].inputs[k]);
    for (std::size_t o = 0; o < calls_[s].outputs.size(); ++o)
      move({n, static_cast<std::int32_t>(o)}, calls_[s].outputs[o]);
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

void Instance::bind(const std::vector<void*>& inputs, std::span<const Array> targets, std::byte* arena) {
  if (arena != arena_ || inputs != bound_) views_set_ = false;
  arena_ = arena;
  bound_ = inputs;
  const ir::Graph& graph = executable_->graph();
  for (std::size_t i = 0; i < targets.size(); ++i)
    targets_[i] = graph.outputs[i].name.empty() ? nullptr : targets[i].data();
}

void Instance::set_views() {
  if (views_set_) return;
  views_set_ = true;
  const ir::Graph& graph = executable_->graph();
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const std::size_t n = executable_->prepared_calls()[s].node;
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
  fault_.begin();
  const plan::Plan& plan = executable_->plan();
  const ArenaLease arena(*arenas_, static_cast<std::size_t>(plan.arena_bytes), stream);
  bind(arguments_.bring(inputs, stream), targets, arena.data());
  std::vector<Array> out = outputs(targets, stream);
  if (const Recording* recording = may_record(stream) ? recording_for(out, targets) : nullptr) {
    recording->run(stream);
    hand_over(out, targets, stream);
    return out;
  }
  const FlushDenormals flush;
  PoisonGuard poison(plan, arena_, stream);
  set_views();
  aim(out, targets);
  walk(stream, &poison);
  settle(stream);
  hand_over(out, targets, stream);
  return out;
}

void Instance::walk(const Stream& stream, PoisonGuard* poison) {
  for (std::size_t s = 0; s < calls_.size(); ++s) {
    const Executable::PreparedCall& step = executable_->prepared_calls()[s];
    Call& call = calls_[s].call;
    if (poison) poison->before(step.node);
    call.stream = stream.handle();
    call.fault = fault_.get();
    step.kernel.run(call);
    if (poison) poison->after(step.node);
  }
  if (poison) poison->before(executable_->graph().nodes.size());  // opens the places where results are staged
}

bool Instance::may_record(const Stream& stream) const {
  // A stream that the user records gets the calls one by one.
  return recordable_ && !stream.capturing();
}

void Instance::list_addresses(std::span<const Array> outputs, std::span<const Array> targets) {
  addresses_.assign(1, arena_);
  addresses_.insert(addresses_.end(), bound_.begin(), bound_.end());
  addresses_.insert(addresses_.end(), targets_.begin(), targets_.end());
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (!movable_[i].empty() && !targets[i].defined()) addresses_.push_back(outputs[i].data());
}

const Recording* Instance::recording_for(std::span<const Array> outputs, std::span<const Array> targets) {
  list_addresses(outputs, targets);
  const auto known = std::find_if(replays_.begin(), replays_.end(),
                                  [this](const Replay& replay) { return replay.addresses == addresses_; });
  if (known == replays_.end()) {
    if (replays_.size() == kReplays) {
      // Too many different addresses: from now on arguments are copied to places that stay.
      arguments_.settle();
      replays_.erase(replays_.begin());
    }
    replays_.push_back({addresses_, {}});
    return nullptr;
  }
  std::rotate(known, known + 1, replays_.end());
  Recording& recording = replays_.back().recording;
  if (!recording) {
    set_views();
    aim(outputs, targets);
    recording = record();
  }
  return recording ? &recording : nullptr;
}

// Gives an empty recording if the walk cannot be recorded; all runs are then walks.
Recording Instance::record() {
  std::string reason;
  for (const Executable::PreparedCall& step : executable_->prepared_calls())
    if (!step.kernel.recordable) reason = cat("'", executable_->graph().nodes[step.node].op.name(), "' says so");
  try {
    // No poison guard, because the guard works on the host at run time. The first run, a walk, had one.
    if (reason.empty())
      return Recording(executable_->device(), [this](const Stream& stream) {
        walk(stream, nullptr);
        settle(stream);
      });
  } catch (const std::exception& e) {
    reason = e.what();
  }
  recordable_ = false;
  log(LogLevel::kInfo, cat("a program of ", calls_.size(), " calls is not replayed as one CUDA graph: ", reason));
  return {};
}

void Instance::settle(const Stream& stream) {
  const ir::Graph& graph = executable_->graph();
  const plan::Plan& plan = executable_->plan();
  const Device device = executable_->device();
  const auto copy = [&](void* to, const void* from, ir::Value value) {
    copy_bytes(to, device, from, device, static_cast<std::size_t>(graph.spec(value).bytes()), stream);
  };
  for (std::size_t i = 0; i < targets_.size(); ++i)
    if (const std::int64_t staging = plan.results[i].staging; staging >= 0)
      copy(arena_ + staging, address(graph.outputs[i].value), graph.outputs[i].value);
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    if (targets_[i] == nullptr || plan.results[i].in_place) continue;
    const std::int64_t staging = plan.results[i].staging;
    copy(targets_[i], staging >= 0 ? arena_ + staging : address(graph.outputs[i].value), graph.outputs[i].value);
  }
}

std::vector<Array> Instance::outputs(std::span<const Array> targets, const Stream& stream) const {
  const ir::Graph& graph = executable_->graph();
  std::vector<Array> out(graph.outputs.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = targets[i].defined() ? targets[i] : Array::empty(graph.spec(graph.outputs[i].value), stream);
  return out;
}

// The user's memory is not written before the end, because it may overlap an argument that is still to be read.
void Instance::aim(std::span<const Array> outputs, std::span<const Array> targets) {
  for (std::size_t i = 0; i < movable_.size(); ++i) {
    if (movable_[i].empty()) continue;
    void* const to = targets[i].defined() ? address(executable_->graph().outputs[i].value) : outputs[i].data();
    for (View* view : movable_[i]) view->data = to;
  }
}

void Instance::hand_over(std::span<const Array> outputs, std::span<const Array> targets, const Stream& stream) const {
  const ir::Graph& graph = executable_->graph();
  const plan::Plan& plan = executable_->plan();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (targets_[i] != nullptr || plan.results[i].in_place) continue;
    if (!movable_[i].empty() && !targets[i].defined()) continue;
    const ir::Value value = graph.outputs[i].value;
    const std::int64_t staging = plan.results[i].staging;
    copy_bytes(outputs[i].data(), outputs[i].device(), staging >= 0 ? arena_ + staging : address(value),
               executable_->device(), static_cast<std::size_t>(graph.spec(value).bytes()), stream);
  }
}

}  // namespace weft::exec
