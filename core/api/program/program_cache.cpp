// SPDX-License-Identifier: Apache-2.0
#include "core/api/program/program_cache.h"

#include "core/api/program/buckets.h"
#include "core/base/check.h"

// What sealing adds to a program's traces, and what calls of both kinds share.
namespace weft::detail {

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
      if (key.is_tensor && key.spec.shape.rank() > 0) key.spec = rows_spec(key.spec, size);
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
      if (key.is_tensor) shapes += (&key == t->arguments.data() ? "" : ", ") + cat(key.spec);
  }
  if (known_shape)
    fail<TraceError>("call", "program '", options_.name,
                     "' is sealed, and a flag that it depends on (training, frozen, trainable) has changed since");
  std::string given;
  for (const ArgumentKey& key : request.key)
    if (key.is_tensor) given += (given.empty() ? "" : ", ") + cat(key.spec);
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

void fill_arguments(std::vector<Array>& inputs, const Request& request, const std::vector<Argument>& arguments,
                    Device device, const Stream& stream) {
  std::size_t next = 0;
  for (Array& input : inputs) {
    if (input.defined()) continue;
    while (!arguments[next].key.empty()) ++next;
    const Array given = array_of(arguments[next++].tensor, "call");
    // From the host the program takes it itself, beside the work of the call before.
    input = given.device().is_cpu() ? given : given.to(device);
    if (request.padded() && input.shape().rank() > 0)
      input = with_rows(input, request.bucket, input.device() == device ? stream : Stream());
  }
}

Array asked_rows(const Array& result, const Request& request) {
  return request.padded() ? result.slice(0, 0, request.rows, 1) : result;
}

}  // namespace weft::detail
