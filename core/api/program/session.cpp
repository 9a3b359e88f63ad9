// SPDX-License-Identifier: Apache-2.0
#include "weft/session.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "core/api/program/buckets.h"
#include "core/api/program/program_cache.h"
#include "core/base/check.h"

namespace weft {

Out Out::borrow_device(void* pointer, TensorSpec spec, Device device) {
  if (pointer == nullptr && spec.shape.numel() > 0) fail<ValueError>("borrow_device", "the pointer is null");
  return {pointer, std::move(spec), device, true};
}

bool Out::takes(const TensorSpec& result) const {
  if (spec_.dtype != result.dtype) return false;
  return shaped_ ? spec_.shape == result.shape : spec_.shape.numel() == result.shape.numel();
}

namespace detail {

struct PendingState {
  exec::Faults faults;
  Event done;
};

// A session's own part of a sealed program: a stream, an arena pool and an instance per trace.
class SessionState {
 public:
  explicit SessionState(std::shared_ptr<const ProgramCache> program) : program_(std::move(program)) {
    program_->check_sessions();
  }

  std::vector<Tensor> run(const std::vector<Argument>& arguments) {
    const Turn turn(busy_, "a session of program", program_->options().name);
    const Request request = program_->request(arguments);
    const Traced& traced = program_->known(request);
    const Stream current = Stream::current(traced.trace.device);
    const Stream own = stream(traced.trace.device);
    own.wait(current);
    std::vector<Array> targets;
    // Allocated on the thread's stream, because results are read and freed in its order.
    for (const ir::Output& output : program_of(traced).executable().graph().outputs)
      targets.push_back(Array::empty(program_of(traced).executable().graph().spec(output.value), current));
    std::vector<Array> inputs = traced.inputs;
    fill_arguments(inputs, request, arguments, traced.trace.device, own);
    const Run ran = run(traced, arguments, inputs, targets, own);
    std::vector<Tensor> results;
    for (const Array& out : ran.outputs) results.push_back(wrap(asked_rows(out, request), ran.faults));
    current.wait(own);
    return results;
  }

  Pending into(std::span<const Out> outs, const std::vector<Argument>& arguments) {
    const Turn turn(busy_, "a session of program", program_->options().name);
    const Request request = program_->request(arguments);
    const Traced& traced = program_->known(request);
    const Device device = traced.trace.device;
    const Stream own = stream(device);
    const bool reads_device = std::any_of(arguments.begin(), arguments.end(), [](const Argument& a) {
      return a.is_tensor() && a.tensor.device().is_cuda();
    });
    if (reads_device) own.wait(Stream::current(device));
    std::vector<Array> inputs = traced.inputs;
    fill_arguments(inputs, request, arguments, device, own);
    std::vector<Array> targets = targets_for(outs, traced, request);
    if (overwrites_returned(traced, inputs, targets)) targets.assign(targets.size(), Array());
    const auto [results, faults] = run(traced, arguments, inputs, targets, own);
    for (std::size_t i = 0; i < outs.size(); ++i) {
      if (results[i].data() == outs[i].data()) continue;
      copy_bytes(outs[i].data(), outs[i].device(), results[i].data(), device,
                 static_cast<std::size_t>(asked_rows(results[i], request).spec().bytes()), own);
    }
    if (reads_device) Stream::current(device).wait(own);  // before the arguments' memory is used again
    auto pending = std::make_shared<PendingState>();
    pending->faults = faults;
    pending->done = Event::record(own);
    return Pending(std::move(pending));
  }

 private:
  // The session's own stream, unless a UserStream of this thread names the user's.
  Stream stream(Device device) {
    Stream current = Stream::current(device);
    if (!current.owned()) return current;
    if (!stream_ || stream_->device() != device) stream_ = Stream::create(device);
    return *stream_;
  }

  exec::Instance& program_of(const Traced& traced) {
    auto& instance = instances_[&traced];
    if (!instance) instance = std::make_unique<exec::Instance>(traced.program->shared_executable(), arenas_);
    return *instance;
  }

  // True if a result is to go over an input that the program also returns, as it is or in another shape. All results
  // then are made in memory of their own first.
  bool overwrites_returned(const Traced& traced, const std::vector<Array>& inputs, const std::vector<Array>& targets) {
    const exec::Executable& executable = program_of(traced).executable();
    for (const ir::Output& output : executable.graph().outputs) {
      const plan::Placement& at = executable.plan().at(output.value);
      if (at.kind != plan::Placement::Kind::kInput) continue;
      const Array& input = inputs[static_cast<std::size_t>(at.input)];
      for (const Array& target : targets)
        if (target.defined() && overlap(target, input)) return true;
    }
    return false;
  }

  static bool overlap(const Array& a, const Array& b) {
    const auto begin = [](const Array& x) { return reinterpret_cast<std::uintptr_t>(x.data()); };
    const auto end = [&](const Array& x) { return begin(x) + static_cast<std::uintptr_t>(x.spec().bytes()); };
    return a.device() == b.device() && begin(a) < end(b) && begin(b) < end(a);
  }

  struct Run {
    std::vector<Array> outputs;
    exec::Faults faults;
  };
  Run run(const Traced& traced, const std::vector<Argument>& arguments, std::span<const Array> inputs,
          std::span<const Array> targets, const Stream& own) {
    Run out;
    add_faults(out.faults, traced.trace, arguments);
    out.outputs = allocating(
        "call", 0, [&] { return program_of(traced).run(inputs, targets, own); }, program_->options().name);
    out.faults.add(program_of(traced).take_faults(own));
    return out;
  }

  // The user's memory as arrays; undefined if rows are cut off or the memory is on another device.
  std::vector<Array> targets_for(std::span<const Out> outs, const Traced& traced, const Request& request) {
    const ir::Graph& graph = program_of(traced).executable().graph();
    if (outs.size() != graph.outputs.size())
      fail<ValueError>("into", "program '", program_->options().name, "' has ", graph.outputs.size(),
                       " results, memory is given for ", outs.size());
    std::vector<Array> targets(outs.size());
    for (std::size_t i = 0; i < outs.size(); ++i) {
      TensorSpec result = graph.spec(graph.outputs[i].value);
      if (request.padded()) result = rows_spec(result, request.rows);
      if (!outs[i].takes(result))
        fail<ShapeError>("into", "result ", i, " of program '", program_->options().name, "' is ", result,
                         ", the memory takes ", outs[i].spec());
      if (request.padded() || outs[i].device() != traced.trace.device) continue;
      auto memory = Block::wrap(outs[i].data(), static_cast<std::size_t>(result.bytes()), outs[i].device(), {});
      targets[i] = Array::wrap(std::move(memory), 0, std::move(result));
    }
    return targets;
  }

  const std::shared_ptr<const ProgramCache> program_;
  const std::shared_ptr<exec::ArenaPool> arenas_ = std::make_shared<exec::ArenaPool>();
  std::atomic_flag busy_;
  std::optional<Stream> stream_;
  std::map<const Traced*, std::unique_ptr<exec::Instance>> instances_;
};

SessionHandle::SessionHandle(std::shared_ptr<const ProgramCache> program)
    : state_(std::make_unique<SessionState>(std::move(program))) {}
SessionHandle::~SessionHandle() = default;
SessionHandle::SessionHandle(SessionHandle&&) noexcept = default;
SessionHandle& SessionHandle::operator=(SessionHandle&&) noexcept = default;

namespace {

SessionState& used(const std::unique_ptr<SessionState>& state) {
  if (!state) fail<ValueError>("call", "this session was moved from; use the one that it was moved to");
  return *state;
}

}  // namespace

std::vector<Tensor> SessionHandle::run(const std::vector<Argument>& arguments) { return used(state_).run(arguments); }
Pending SessionHandle::into(std::span<const Out> outs, const std::vector<Argument>& arguments) {
  return used(state_).into(outs, arguments);
}

}  // namespace detail

bool Pending::ready() const { return state_->done.ready(); }

void Pending::get() const {
  state_->done.synchronize();
  state_->faults.check();
}

void* Pending::event() const { return state_->done.handle(); }

}  // namespace weft
