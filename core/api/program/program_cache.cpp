// SPDX-License-Identifier: Apache-2.0
#include "core/api/program/program_cache.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/api/program/buckets.h"
#include "core/api/program/generator_turns.h"
#include "core/base/check.h"
#include "weft/detail/host_allocation.h"

// A program's calls: requests, the trace that answers each, sealing, running.
namespace weft::detail {
namespace {

std::vector<ArgumentKey> keys_of(const std::vector<Argument>& arguments) {
  std::vector<ArgumentKey> out;
  for (const Argument& a : arguments) {
    if (a.is_tensor()) {
      out.push_back({impl_of(a.tensor, "compile").spec(), {}});
    } else {
      out.push_back({{}, a.key});
    }
  }
  return out;
}

std::optional<Device> device_of(const std::vector<Argument>& arguments) {
  for (const Argument& a : arguments)
    if (a.is_tensor()) return a.tensor.device();
  return std::nullopt;
}

// Rounds the rows of a request up to a bucket.
void pad(Request& request, const CompileOptions& options) {
  std::optional<std::int64_t> rows;
  for (std::size_t i = 0; i < request.key.size(); ++i) {
    const Shape& shape = request.key[i].spec.shape;
    if (!request.key[i].is_tensor() || shape.rank() == 0) continue;
    if (!rows) rows = shape[0];
    if (shape[0] != *rows)
      fail<ShapeError>("call", "program '", options.name, "' has buckets; argument ", i, " has ", shape[0],
                       " rows, the ones before it ", *rows);
  }
  if (!rows) fail<ShapeError>("call", "program '", options.name, "' has buckets, but no argument with rows");
  request.rows = *rows;
  request.bucket = bucket_of(*rows, options.buckets.sizes, options.name);
  for (ArgumentKey& key : request.key)
    if (key.is_tensor() && key.spec.shape.rank() > 0) key.spec = rows_spec(key.spec, request.bucket);
}

}  // namespace

Turn::Turn(std::atomic_flag& busy, const char* what, const std::string& name) : busy_(busy) {
  if (busy_.test_and_set(std::memory_order_acquire))
    fail<TraceError>("call", what, " '", name,
                     "' is called while another call of it is under way; seal() the program and give each thread its ",
                     "session(), or compile it once per thread");
}

Request ProgramCache::request(const std::vector<Argument>& arguments) const {
  Request out;
  out.key = keys_of(arguments);
  out.device = options_.device ? options_.device : device_of(arguments);
  if (!options_.buckets.sizes.empty()) pad(out, options_);
  return out;
}

Traced& ProgramCache::find(const Request& request, const TracedBody& body) {
  // A sealed program knows its device, wherever the arguments come from.
  Traced* nearly = nullptr;
  const auto taken = [this](Traced& t) -> Traced& {
    t.used = ++calls_;
    return t;
  };
  for (const auto& t : traces_) {
    if ((!sealed_ && t->given != request.device) || !t->fits(request)) continue;
    if (t->wishes_hold()) return taken(*t);
    nearly = t.get();
  }
  const bool full = static_cast<int>(traces_.size()) >= options_.max_traces;
  const bool closed = sealed_ || (full && !options_.evict_traces);
  if (closed && nearly) return taken(*nearly);
  if (sealed_) unknown(request);
  if (closed) too_many(request.key);
  std::unique_ptr<Traced> fresh = trace(request, body);
  if (full) evict();
  ++made_;
  traces_.push_back(std::move(fresh));
  return taken(*traces_.back());
}

void ProgramCache::evict() {
  const auto oldest =
      std::min_element(traces_.begin(), traces_.end(), [](const auto& a, const auto& b) { return a->used < b->used; });
  if (oldest != traces_.end()) traces_.erase(oldest);
}

const Traced& ProgramCache::latest(const char* what) const {
  if (traces_.empty())
    fail<TraceError>(what, "program '", options_.name, "' has not been traced yet; call or prepare it");
  return *traces_.back();
}

void ProgramCache::prepare(const std::vector<Argument>& arguments, const TracedBody& body) {
  const Request largest = request(arguments);
  if (largest.bucket == 0) {
    find(largest, body);
    return;
  }
  for (const std::int64_t size : options_.buckets.sizes) {
    if (size > largest.bucket) continue;
    Request one = largest;
    one.rows = one.bucket = size;
    for (ArgumentKey& key : one.key)
      if (key.is_tensor() && key.spec.shape.rank() > 0) key.spec = rows_spec(key.spec, size);
    find(one, body);
  }
}

void ProgramCache::seal() {
  latest("seal");
  for (const auto& t : traces_) {
    t->inputs = t->trace.captures;
    for (std::size_t i = 0; i < t->inputs.size(); ++i)
      if (t->trace.cells[i]) t->inputs[i] = t->trace.cells[i]->storage(t->trace.device);
    synchronize(t->trace.device);  // values are still being drawn or copied there; sessions have streams of their own
  }
  sealed_ = true;
}

const Traced& ProgramCache::known(const Request& request) const {
  for (const auto& t : traces_)
    if (t->fits(request)) return *t;
  unknown(request);
}

void ProgramCache::unknown(const Request& request) const {
  bool known_shape = false;
  std::string shapes;
  for (const auto& t : traces_) {
    known_shape |= t->arguments == request.key;
    shapes += shapes.empty() ? "" : "; ";
    for (const ArgumentKey& key : t->arguments)
      if (key.is_tensor()) shapes += (&key == t->arguments.data() ? "" : ", ") + cat(key.spec);
  }
  if (known_shape)
    fail<TraceError>("call", "program '", options_.name,
                     "' is sealed, and a flag that it depends on (training, frozen, trainable) has changed since");
  std::string given;
  for (const ArgumentKey& key : request.key)
    if (key.is_tensor()) given += (given.empty() ? "" : ", ") + cat(key.spec);
  fail<ShapeError>("call", "program '", options_.name, "' is sealed and was not prepared for ", given, "; it knows ",
                   shapes);
}

void ProgramCache::check_sessions() const {
  if (!sealed_) fail<TraceError>("session", "program '", options_.name, "' may still change; call seal() first");
  for (const auto& t : traces_)
    for (const auto& cell : t->trace.assigned)
      if (cell)
        fail<TraceError>("session", "program '", options_.name, "' assigns '", cell->path,
                         "'; sessions run at the same time, so only programs that change no variable have them");
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
  // First, because an argument may be a snapshot of a variable that the program assigns. Generators are shared by
  // threads, so GeneratorTurns alone moves them on.
  for (const auto& cell : trace.assigned)
    if (cell && !cell->roams) cell->before_write();
  std::vector<Array> inputs = trace.captures;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (trace.cells[i]) inputs[i] = trace.cells[i]->storage(trace.device);
  fill_arguments(inputs, request, arguments, trace.device, stream);
  std::vector<Array> targets(trace.assigned.size());
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (trace.assigned[i]) targets[i] = trace.assigned[i]->storage(trace.device);
  exec::Faults faults;
  add_faults(faults, trace, arguments);
  const GeneratorTurns turns(traced, inputs, targets);
  std::vector<Array> outputs = allocating(
      "call", 0, [&] { return traced.program->run(inputs, targets, stream); }, options_.name);
  faults.add(traced.program->take_faults(stream));
  for (const auto& watch : trace.watches) {
    if (trace.device.is_cpu()) {
      watch->look();  // the run is over
    } else if (!watch->over()) {
      faults.add(exec::Faults(watch));
    }
  }
  std::vector<Tensor> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (const auto& cell = trace.assigned[i]) {
      if (!cell->roams) cell->set_faults(faults);
    } else {
      results.push_back(wrap(asked_rows(outputs[i], request), faults));
    }
  }
  return results;
}

void add_faults(exec::Faults& to, const Trace& trace, const std::vector<Argument>& arguments) {
  to.add(trace.faults);
  for (const auto& cell : trace.cells)
    if (cell && !cell->roams) to.add(cell->faults());
  for (const Argument& a : arguments)
    if (a.is_tensor()) to.add(a.tensor.impl()->faults());
}

void fill_arguments(std::vector<Array>& inputs, const Request& request, const std::vector<Argument>& arguments,
                    Device device, const Stream& stream) {
  std::size_t next = 0;
  for (Array& input : inputs) {
    if (input.defined()) continue;
    while (!arguments[next].is_tensor()) ++next;
    const Array given = array_of(arguments[next++].tensor, "call");
    // The program uploads host arguments itself, while the call before still runs.
    input = given.device().is_cpu() ? given : given.to(device);
    if (request.padded() && input.shape().rank() > 0)
      input = with_rows(input, request.bucket, input.device() == device ? stream : Stream());
  }
}

Array asked_rows(const Array& result, const Request& request) {
  return request.padded() ? result.slice(0, 0, request.rows, 1) : result;
}

}  // namespace weft::detail
