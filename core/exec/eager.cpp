// SPDX-License-Identifier: Apache-2.0
#include "core/exec/eager.h"

#include <list>
#include <memory>
#include <utility>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/device/thread_pool.h"
#include "core/exec/candidate.h"
#include "core/exec/instance.h"
#include "core/exec/kernel.h"
#include "core/ops/op.h"

namespace weft::exec {
namespace {

struct Entry {
  ir::OpId op;
  ir::Attributes attributes;
  std::vector<TensorSpec> inputs;
  Device device;
  std::string path;
  std::string_view forced;  // the candidate that was forced, or empty
  std::vector<TensorSpec> outputs;
  PreparedKernel kernel;
  std::unique_ptr<Instance> program;  // for an op without a kernel: its parts
};

bool same(const Entry& e, ir::OpId op, std::span<const Array> inputs, const ir::Attributes& attributes, Device device) {
  if (e.op != op || e.device != device || e.inputs.size() != inputs.size() || e.path != current_path() ||
      e.forced != forced_candidate(op.name(), device.kind()))
    return false;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!(e.inputs[i] == inputs[i].spec())) return false;
  return e.attributes == attributes;
}

std::unique_ptr<Instance> program_of(const Entry& entry) {
  ir::Graph graph;
  ops::Builder build(graph);
  build.set_path(entry.path);
  std::vector<ir::Value> inputs;
  for (const TensorSpec& spec : entry.inputs) inputs.push_back(graph.add_input(spec, ir::InputKind::kArgument, ""));
  for (const ir::Value v : build.emit_all(entry.op, inputs, entry.attributes)) graph.outputs.push_back({v, ""});
  return std::make_unique<Instance>(std::make_shared<const Executable>(graph, BuildOptions{.device = entry.device}));
}

// The latest kernels of this thread, most recent first. A kernel holds no lasting state, so forgetting one loses
// nothing.
thread_local PerThread<std::list<Entry>> recent_kernels;

Entry& prepared(ir::OpId op, std::span<const Array> inputs, const ir::Attributes& attributes, Device device) {
  constexpr std::size_t kKept = 64;
  std::list<Entry>& recent = *recent_kernels;
  for (auto it = recent.begin(); it != recent.end(); ++it) {
    if (!same(*it, op, inputs, attributes, device)) continue;
    recent.splice(recent.begin(), recent, it);
    return recent.front();
  }
  Entry entry{op, attributes, {}, device, current_path(), forced_candidate(op.name(), device.kind()), {}, {}, {}};
  for (const Array& a : inputs) entry.inputs.push_back(a.spec());
  const ops::OpDef& def = ops::find_op(op);
  entry.outputs = def.infer(entry.inputs, attributes);
  if (def.facts.runs == ops::Runs::kParts) {
    entry.program = program_of(entry);
  } else {
    entry.kernel = prepare_kernel({op, attributes, entry.inputs, entry.outputs, device, entry.path});
  }
  recent.push_front(std::move(entry));
  if (recent.size() > kKept) recent.pop_back();
  return recent.front();
}

}  // namespace

OpRun run_op(ir::OpId op, std::span<const Array> inputs, const ir::Attributes& attributes, Device device) {
  Entry& entry = prepared(op, inputs, attributes, device);
  const Stream stream = Stream::current(device);
  if (entry.program) {
    OpRun out;
    out.outputs = entry.program->run(inputs, std::vector<Array>(entry.outputs.size()), stream);
    out.faults = entry.program->take_faults(stream);
    return out;
  }
  std::vector<View> in, out;
  for (const Array& a : inputs) in.push_back({a.data(), a.spec()});
  std::vector<Array> results;
  for (const TensorSpec& spec : entry.outputs) {
    results.push_back(Array::empty(spec, stream));
    out.push_back({results.back().data(), spec});
  }
  const auto workspace = Block::allocate(entry.kernel.workspace, stream);
  const FlushDenormals flush;
  Call call;
  call.inputs = in;
  call.outputs = out;
  call.workspace.data = workspace->data();
  call.workspace.spec = {Shape{static_cast<std::int64_t>(entry.kernel.workspace)}, DType::kU8};
  call.stream = stream.handle();
  call.device = device.index();
  FaultPlace fault(stream, entry.kernel.reports);
  call.fault = fault.get();
  entry.kernel.run(call);
  return {std::move(results), fault.take(stream)};
}

}  // namespace weft::exec
