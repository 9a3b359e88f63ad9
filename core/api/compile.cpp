// SPDX-License-Identifier: Apache-2.0
#include "weft/compile.h"

#include <algorithm>
#include <set>

#include "core/api/fit.h"
#include "core/api/memory_report.h"
#include "core/api/profile.h"
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

// The size of the first axis of the first argument that has one.
std::optional<std::int64_t> rows_of(const std::vector<ArgumentKey>& key) {
  for (const ArgumentKey& k : key)
    if (k.is_tensor && k.spec.shape.rank() > 0) return k.spec.shape[0];
  return std::nullopt;
}

// The same for other batches: arguments of as many rows get as many others.
std::vector<ArgumentKey> with_rows(std::vector<ArgumentKey> key, std::int64_t rows, std::int64_t other) {
  for (ArgumentKey& k : key) {
    if (!k.is_tensor || k.spec.shape.rank() == 0 || k.spec.shape[0] != rows) continue;
    std::vector<std::int64_t> dims = k.spec.shape.dims();
    dims[0] = other;
    k.spec.shape = Shape(std::move(dims));
  }
  return key;
}

struct Built {
  Trace trace;  // without its graph
  std::shared_ptr<const exec::Executable> executable;
};

}  // namespace

class ProgramCache {
 public:
  explicit ProgramCache(CompileOptions options) : options_(std::move(options)) {}

  Traced& find(const std::vector<Argument>& arguments, const TracedBody& body);
  std::vector<Tensor> run(Traced& traced, const std::vector<Argument>& arguments);
  const Traced& latest(const char* what) const;
  std::string memory_plan() const;
  Profile profile() const;
  // whole: with the variables that are there already.
  std::int64_t largest_batch(std::int64_t memory, const std::vector<Argument>& arguments, const TracedBody& body,
                             bool whole) const;
  std::size_t size() const { return traces_.size(); }

 private:
  Built build(const std::vector<ArgumentKey>& key, std::optional<Device> device, const TracedBody& body) const;
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

Built ProgramCache::build(const std::vector<ArgumentKey>& key, std::optional<Device> device,
                          const TracedBody& body) const {
  Built out;
  {
    Tracer tracer(options_.device);
    std::vector<Tensor> inputs;
    for (std::size_t i = 0; i < key.size(); ++i)
      if (key[i].is_tensor) inputs.push_back(tracer.add_argument(key[i].spec, "argument " + std::to_string(i)));
    out.trace = tracer.finish(body(inputs), device);
  }
  exec::BuildOptions options;
  options.device = out.trace.device;
  options.half = half_of(options_.precision);
  options.fuse = options_.fuse;
  options.allow_tf32 = options_.precision == Precision::kTF32;
  out.executable = std::make_shared<const exec::Executable>(out.trace.graph, options);
  out.trace.graph = {};
  return out;
}

std::unique_ptr<Traced> ProgramCache::trace(const std::vector<Argument>& arguments, const TracedBody& body) {
  auto made = std::make_unique<Traced>();
  made->arguments = keys_of(arguments);
  made->given = options_.device ? options_.device : device_of(arguments);
  Built built = build(made->arguments, made->given, body);
  made->trace = std::move(built.trace);
  const Device device = made->trace.device;
  expect_fits(options_.name, device, exec::ArenaPool::shared()->idle_bytes(Stream::current(device)),
              memory_report(made->trace, *built.executable), [&](std::int64_t memory) {
                return rows_of(made->arguments) ? largest_batch(memory, arguments, body, false) : 0;
              });
  made->program = std::make_unique<exec::Instance>(std::move(built.executable));
  // Captures are constants of the program: brought to its device once.
  for (Array& a : made->trace.captures)
    if (a.defined()) a = a.to(device);
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
  return cat("memory of '", options_.name, "' on ", traced.trace.device.name(), "\n",
             memory_report(traced.trace, traced.program->executable()).text());
}

Profile ProgramCache::profile() const {
  const Traced& traced = latest("profile");
  return profile_of(options_.name, traced.trace, traced.program->shared_executable());
}

std::int64_t ProgramCache::largest_batch(std::int64_t memory, const std::vector<Argument>& arguments,
                                         const TracedBody& body, bool whole) const {
  const std::vector<ArgumentKey> key = keys_of(arguments);
  const std::optional<std::int64_t> rows = rows_of(key);
  if (!rows) fail<ShapeError>("largest_batch", "program '", options_.name, "' has no argument with rows");
  const std::optional<Device> device = options_.device ? options_.device : device_of(arguments);
  return largest_rows(*rows, memory, [&](std::int64_t other) {
    const Built built = build(with_rows(key, *rows, other), device, body);
    const MemoryReport report = memory_report(built.trace, *built.executable);
    return whole ? report.total() : report.still_needed();
  });
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

Profile Program::profile() const { return cache_->profile(); }

std::int64_t Program::largest_batch(std::int64_t memory, const std::vector<Argument>& arguments,
                                    const TracedBody& body) const {
  return cache_->largest_batch(memory, arguments, body, true);
}

std::string Program::memory_plan() const { return cache_->memory_plan(); }

std::size_t Program::traces() const { return cache_->size(); }

}  // namespace weft::detail
