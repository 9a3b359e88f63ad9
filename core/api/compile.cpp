// SPDX-License-Identifier: Apache-2.0
#include "weft/compile.h"

#include <algorithm>
#include <iomanip>
#include <set>
#include <sstream>

#include "core/api/tracer.h"
#include "core/base/check.h"
#include "core/exec/executable.h"
#include "core/ir/print.h"

namespace weft::detail {
namespace {

struct ArgumentKey {
  TensorSpec spec;
  std::string key;
  bool is_tensor = false;
  bool operator==(const ArgumentKey&) const = default;
};

std::vector<ArgumentKey> keys_of(const std::vector<Argument>& arguments) {
  std::vector<ArgumentKey> out;
  for (const Argument& a : arguments) {
    if (a.key.empty()) {
      out.push_back({impl_of(a.tensor, "compile").spec(), "", true});
    } else {
      out.push_back({{}, a.key, false});
    }
  }
  return out;
}

std::optional<Device> device_of(const std::vector<Argument>& arguments) {
  for (const Argument& a : arguments)
    if (a.key.empty()) return a.tensor.device();
  return std::nullopt;
}

// What products are taken of; f32 where the precision leaves them.
DType half_of(Precision precision) {
  switch (precision) {
    case Precision::kF32:
    case Precision::kTF32:
      break;
    case Precision::kBF16:
      return DType::kBF16;
    case Precision::kF16:
      return DType::kF16;
  }
  return DType::kF32;
}

// One finished trace: what it was made for, what it binds, and the program itself.
struct Traced {
  std::vector<ArgumentKey> arguments;
  std::optional<Device> given;
  Trace trace;
  std::unique_ptr<exec::Instance> program;

  bool fits(const std::vector<ArgumentKey>& key, std::optional<Device> device) const {
    return given == device && arguments == key &&
           std::all_of(trace.guards.begin(), trace.guards.end(), [](const auto& g) { return *g.first == g.second; });
  }
};

}  // namespace

class ProgramCache {
 public:
  explicit ProgramCache(CompileOptions options) : options_(std::move(options)) {}

  Traced& find(const std::vector<Argument>& arguments, const TracedBody& body);
  std::vector<Tensor> run(Traced& traced, const std::vector<Argument>& arguments);
  const Traced& latest(const char* what) const;
  std::string memory_plan() const;
  std::size_t size() const { return traces_.size(); }

 private:
  std::unique_ptr<Traced> trace(const std::vector<Argument>& arguments, const TracedBody& body);
  [[noreturn]] void too_many(const std::vector<ArgumentKey>& key) const;

  CompileOptions options_;
  std::vector<std::unique_ptr<Traced>> traces_;
};

Traced& ProgramCache::find(const std::vector<Argument>& arguments, const TracedBody& body) {
  const std::vector<ArgumentKey> key = keys_of(arguments);
  const std::optional<Device> device = options_.device ? options_.device : device_of(arguments);
  for (const auto& t : traces_)
    if (t->fits(key, device)) return *t;
  if (static_cast<int>(traces_.size()) >= options_.max_traces) too_many(key);
  traces_.push_back(trace(arguments, body));
  return *traces_.back();
}

std::unique_ptr<Traced> ProgramCache::trace(const std::vector<Argument>& arguments, const TracedBody& body) {
  auto made = std::make_unique<Traced>();
  made->arguments = keys_of(arguments);
  made->given = options_.device ? options_.device : device_of(arguments);
  {
    Tracer tracer(options_.device);
    std::vector<Tensor> inputs;
    for (std::size_t i = 0; i < arguments.size(); ++i)
      if (arguments[i].key.empty())
        inputs.push_back(tracer.add_argument(arguments[i].tensor.impl()->spec(), "argument " + std::to_string(i)));
    made->trace = tracer.finish(body(inputs), made->given);
  }
  exec::BuildOptions build;
  build.device = made->trace.device;
  build.half = half_of(options_.precision);
  build.fuse = options_.fuse;
  build.allow_tf32 = options_.precision == Precision::kTF32;
  made->program = std::make_unique<exec::Instance>(std::make_shared<const exec::Executable>(made->trace.graph, build));
  made->trace.graph = {};
  // Captures are constants of the program: brought to its device once.
  for (Array& a : made->trace.captures)
    if (a.defined()) a = a.to(made->trace.device);
  return made;
}

void ProgramCache::too_many(const std::vector<ArgumentKey>& key) const {
  for (std::size_t i = 0; i < key.size(); ++i) {
    for (int axis = 0; axis < key[i].spec.shape.rank(); ++axis) {
      std::set<std::int64_t> sizes;
      for (const auto& t : traces_)
        if (i < t->arguments.size() && t->arguments[i].spec.shape.rank() == key[i].spec.shape.rank())
          sizes.insert(t->arguments[i].spec.shape[axis]);
      if (static_cast<int>(sizes.size()) * 2 > options_.max_traces)
        fail<TraceError>("compile", "program '", options_.name, "' was traced ", traces_.size(), " times because axis ",
                         axis, " of argument ", i, " keeps changing (now ", key[i].spec,
                         "); pad it to a few sizes, or raise max_traces");
    }
  }
  fail<TraceError>("compile", "program '", options_.name, "' was traced ", traces_.size(),
                   " times; its keys, dtypes or flags keep changing; raise max_traces if that is meant");
}

std::vector<Tensor> ProgramCache::run(Traced& traced, const std::vector<Argument>& arguments) {
  const Trace& trace = traced.trace;
  std::vector<Array> inputs = trace.captures;
  std::size_t next = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (trace.cells[i]) {
      inputs[i] = trace.cells[i]->storage(trace.device);
    } else if (!inputs[i].defined()) {
      while (!arguments[next].key.empty()) ++next;
      const Array given = array_of(arguments[next++].tensor, "call");
      // From the host the program takes it itself, beside the work of the call before.
      inputs[i] = given.device().is_cpu() ? given : given.to(trace.device);
    }
  }
  std::vector<Array> targets(trace.assigned.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!trace.assigned[i]) continue;
    // A segment's members share its memory, and each may have a living snapshot.
    for (const auto& [member, offset] : trace.assigned[i]->members)
      if (const auto cell = member.lock()) cell->before_write();
    trace.assigned[i]->before_write();
    targets[i] = trace.assigned[i]->storage(trace.device);
  }
  std::vector<Array> outputs = traced.program->run(inputs, targets, Stream::current(trace.device));
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (!trace.assigned[i]) results.push_back(wrap(std::move(outputs[i])));
  return results;
}

const Traced& ProgramCache::latest(const char* what) const {
  if (traces_.empty())
    fail<TraceError>(what, "program '", options_.name, "' has not been traced yet; call or prepare it");
  return *traces_.back();
}

std::string ProgramCache::memory_plan() const {
  const Traced& traced = latest("memory_plan");
  std::int64_t trained = 0, state = 0;
  for (const auto& cell : traced.trace.cells) {
    if (!cell) continue;
    // A segment's cell stands for the parameters in it; what is neither a parameter nor a module's is an optimizer's.
    const bool parameters = !cell->members.empty() || cell->trained;
    (parameters ? trained : state) += cell->spec().bytes();
  }
  const plan::Plan& plan = traced.program->executable().plan();
  std::int64_t workspace = 0;
  for (const plan::Block& b : plan.blocks)
    if (b.use == plan::Block::Use::kWorkspace) workspace = std::max(workspace, b.bytes);
  std::ostringstream out;
  const auto row = [&](const char* what, std::int64_t bytes) {
    out << "  " << std::left << std::setw(34) << what << std::right << std::setw(12) << bytes << " bytes\n";
  };
  out << "memory of '" << options_.name << "' on " << traced.trace.device.name() << "\n";
  row("parameters", trained);
  row("gradients (in the arena)", traced.trace.gradient_bytes);
  row("optimizer and other state", state);
  row("arena: activations and gradients", plan.arena_bytes);
  row("  largest workspace in it", workspace);
  row("peak", trained + state + plan.arena_bytes);
  return out.str();
}

Program::Program(CompileOptions options) : cache_(std::make_unique<ProgramCache>(std::move(options))) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

std::vector<Tensor> Program::run(const std::vector<Argument>& arguments, const TracedBody& body) {
  if (tracing()) {  // part of the program that is being traced
    std::vector<Tensor> inputs;
    for (const Argument& a : arguments)
      if (a.key.empty()) inputs.push_back(a.tensor);
    return body(inputs);
  }
  return cache_->run(cache_->find(arguments, body), arguments);
}

void Program::prepare(const std::vector<Argument>& arguments, const TracedBody& body) { cache_->find(arguments, body); }

std::string Program::graph() const { return ir::print(cache_->latest("graph").program->executable().graph()); }

std::string Program::memory_plan() const { return cache_->memory_plan(); }

std::size_t Program::traces() const { return cache_->size(); }

}  // namespace weft::detail
