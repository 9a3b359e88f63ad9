// SPDX-License-Identifier: Apache-2.0
#include "weft/compile.h"

#include <algorithm>
#include <set>

#include "core/api/program/buckets.h"
#include "core/api/program/program_cache.h"
#include "core/api/report/fit.h"
#include "core/api/report/memory_report.h"
#include "core/base/check.h"
#include "core/ir/print.h"

namespace weft::detail {
namespace {

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

// Makes the request one for whole buckets.
void pad(Request& request, const CompileOptions& options) {
  std::optional<std::int64_t> rows;
  for (std::size_t i = 0; i < request.key.size(); ++i) {
    const Shape& shape = request.key[i].spec.shape;
    if (!request.key[i].is_tensor || shape.rank() == 0) continue;
    if (!rows) rows = shape[0];
    if (shape[0] != *rows)
      fail<ShapeError>("call", "program '", options.name, "' has buckets; argument ", i, " has ", shape[0],
                       " rows, the ones before it ", *rows);
  }
  if (!rows) fail<ShapeError>("call", "program '", options.name, "' has buckets, but no argument with rows");
  request.rows = *rows;
  request.bucket = bucket_of(*rows, options.buckets.sizes, options.name);
  for (ArgumentKey& key : request.key)
    if (key.is_tensor && key.spec.shape.rank() > 0) key.spec = rows_spec(key.spec, request.bucket);
}

}  // namespace

Request ProgramCache::request(const std::vector<Argument>& arguments) const {
  Request out;
  out.key = keys_of(arguments);
  out.device = options_.device ? options_.device : device_of(arguments);
  if (!options_.buckets.sizes.empty()) pad(out, options_);
  return out;
}

Traced& ProgramCache::find(const Request& request, const TracedBody& body) {
  // A sealed program knows its device, wherever the arguments come from.
  for (const auto& t : traces_)
    if ((sealed_ || t->given == request.device) && t->fits(request)) return *t;
  if (sealed_) unknown(request);
  if (static_cast<int>(traces_.size()) >= options_.max_traces) too_many(request.key);
  traces_.push_back(trace(request, body));
  return *traces_.back();
}

Trace ProgramCache::traced(const Request& request, const TracedBody& body) const {
  Tracer tracer(options_.device);
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < request.key.size(); ++i)
    if (request.key[i].is_tensor)
      inputs.push_back(tracer.add_argument(request.key[i].spec, "argument " + std::to_string(i)));
  return tracer.finish(body(inputs), request.device);
}

// A size that happens to be the bucket's shows in the trace for another number of rows.
void ProgramCache::expect_rows_apart(const ir::Graph& graph, Request request, const TracedBody& body) const {
  check_rows_apart(graph, request.bucket, options_.name);
  const std::int64_t other = request.bucket > 1 ? request.bucket - 1 : 2;
  for (ArgumentKey& key : request.key)
    if (key.is_tensor && key.spec.shape.rank() > 0) key.spec = rows_spec(key.spec, other);
  try {
    const Trace trace = traced(request, body);
    check_rows_apart(trace.graph, other, options_.name);
    check_same_program(graph, trace.graph, other, options_.name);
  } catch (const ShapeError& error) {
    fail<ValueError>("compile", "program '", options_.name, "' has buckets, but cannot be traced for ", other,
                     " rows: ", error.what());
  }
}

ProgramCache::Built ProgramCache::build(const Request& request, const TracedBody& body) const {
  Built out;
  out.trace = traced(request, body);
  if (request.bucket > 0) expect_rows_apart(out.trace.graph, request, body);
  exec::BuildOptions options;
  options.device = out.trace.device;
  options.half = half_of(options_.precision);
  options.fuse = options_.fuse;
  options.allow_tf32 = options_.precision == Precision::kTF32;
  out.executable = std::make_shared<const exec::Executable>(out.trace.graph, options);
  out.trace.graph = {};
  return out;
}

std::unique_ptr<Traced> ProgramCache::trace(const Request& request, const TracedBody& body) {
  auto made = std::make_unique<Traced>();
  made->arguments = request.key;
  made->given = request.device;
  Built built = build(request, body);
  made->trace = std::move(built.trace);
  const Device device = made->trace.device;
  const auto has_rows = [](const ArgumentKey& k) { return k.is_tensor && k.spec.shape.rank() > 0; };
  expect_fits(options_.name, device, exec::ArenaPool::shared()->idle_bytes(Stream::current(device)),
              memory_report(made->trace, *built.executable), [&](std::int64_t memory) {
                return std::ranges::any_of(request.key, has_rows) ? largest_batch(memory, request, body, false) : 0;
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

std::vector<Tensor> ProgramCache::run(Traced& traced, const Request& request, const std::vector<Argument>& arguments) {
  const Trace& trace = traced.trace;
  const Stream stream = Stream::current(trace.device);
  std::vector<Array> inputs = trace.captures;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (trace.cells[i]) inputs[i] = trace.cells[i]->storage(trace.device);
  fill_arguments(inputs, request, arguments, trace.device, stream);
  std::vector<Array> targets(trace.assigned.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (!trace.assigned[i]) continue;
    // A segment's members share its memory, and each may have a living snapshot.
    for (const auto& [member, offset] : trace.assigned[i]->members)
      if (const auto cell = member.lock()) cell->before_write();
    trace.assigned[i]->before_write();
    targets[i] = trace.assigned[i]->storage(trace.device);
  }
  std::vector<Array> outputs = traced.program->run(inputs, targets, stream);
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (!trace.assigned[i]) results.push_back(wrap(asked_rows(outputs[i], request)));
  return results;
}

const Traced& ProgramCache::latest(const char* what) const {
  if (traces_.empty())
    fail<TraceError>(what, "program '", options_.name, "' has not been traced yet; call or prepare it");
  return *traces_.back();
}

void wrong_count(const char* what, std::size_t given, std::size_t wanted) {
  fail<ValueError>(what, given, " specs were given for ", wanted, " arguments");
}

Program::Program(CompileOptions options) : cache_(std::make_shared<ProgramCache>(std::move(options))) {}
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
  const Request request = cache_->request(arguments);
  return cache_->run(cache_->find(request, body), request, arguments);
}

void Program::prepare(const std::vector<Argument>& arguments, const TracedBody& body) {
  cache_->prepare(arguments, body);
}

void Program::prepare_for(const std::vector<TensorSpec>& specs, const TracedBody& body) {
  const Device device = cache_->options().device.value_or(default_device());
  std::vector<Argument> arguments;
  for (const TensorSpec& spec : specs)  // tensors without memory: a trace looks at nothing but their specs
    arguments.push_back({wrap(Array::wrap(Block::wrap(nullptr, 0, device, {}), 0, spec)), {}});
  prepare(arguments, body);
}

void Program::seal() { cache_->seal(); }

SessionHandle Program::session() const { return SessionHandle(cache_); }

std::string Program::graph() const { return ir::print(cache_->latest("graph").program->executable().graph()); }

Profile Program::profile() const { return cache_->profile(); }

std::int64_t Program::largest_batch(std::int64_t memory, const std::vector<Argument>& arguments,
                                    const TracedBody& body) const {
  return cache_->largest_batch(memory, cache_->request(arguments), body, true);
}

MemoryReport Program::memory_plan() const { return cache_->memory_plan(); }

std::size_t Program::traces() const { return cache_->size(); }

}  // namespace weft::detail
