// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <utility>

#include "core/api/program/buckets.h"
#include "core/api/program/program_cache.h"
#include "core/api/report/largest_batch.h"
#include "core/api/report/memory_report.h"
#include "core/base/check.h"
#include "weft/detail/host_allocation.h"

// Traces and executables for the requests that a program has not met before.
namespace weft::detail {
namespace {

// The dtype that products round their f32 operands to; f32 if they do not.
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

}  // namespace

Trace ProgramCache::traced(const Request& request, const TracedBody& body) const {
  Tracer tracer(options_.device);
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < request.key.size(); ++i)
    if (request.key[i].is_tensor())
      inputs.push_back(tracer.add_argument(request.key[i].spec, "argument " + std::to_string(i)));
  const std::vector<Tensor> results = body(inputs);
  return allocating(
      "compile", 0, [&] { return tracer.finish(results, request.device); }, options_.name);
}

// Traces again for another number of rows, because a constant size may equal the bucket's by chance.
void ProgramCache::expect_rows_apart(const ir::Graph& graph, Request request, const TracedBody& body) const {
  check_rows_apart(graph, request.bucket, options_.name);
  const std::int64_t other = request.bucket > 1 ? request.bucket - 1 : 2;
  for (ArgumentKey& key : request.key)
    if (key.is_tensor() && key.spec.shape.rank() > 0) key.spec = rows_spec(key.spec, other);
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
  out.executable = allocating(
      "compile", 0, [&] { return std::make_shared<const exec::Executable>(out.trace.graph, options); }, options_.name);
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
  const auto has_rows = [](const ArgumentKey& k) { return k.is_tensor() && k.spec.shape.rank() > 0; };
  expect_memory(options_.name, device, exec::ArenaPool::shared()->idle_bytes(Stream::current(device)),
                memory_report(made->trace, *built.executable), [&](std::int64_t memory) {
                  return std::ranges::any_of(request.key, has_rows) ? largest_batch(memory, request, body, false) : 0;
                });
  made->program = std::make_unique<exec::Instance>(std::move(built.executable));
  // Captures are brought to the device once, because they are constants of the program.
  for (Array& a : made->trace.captures)
    if (a.defined()) a = a.to(device);
  return made;
}

}  // namespace weft::detail
