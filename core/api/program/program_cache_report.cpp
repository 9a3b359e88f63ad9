// SPDX-License-Identifier: Apache-2.0
#include "core/api/program/buckets.h"
#include "core/api/program/program_cache.h"
#include "core/api/report/largest_batch.h"
#include "core/api/report/memory_report.h"
#include "core/api/report/profile.h"
#include "core/base/check.h"

// Reports of a program: memory, time, largest batch.
namespace weft::detail {
namespace {

// The size of the first axis of the first argument that has one.
std::optional<std::int64_t> rows_of(const std::vector<ArgumentKey>& key) {
  for (const ArgumentKey& k : key)
    if (k.is_tensor() && k.spec.shape.rank() > 0) return k.spec.shape[0];
  return std::nullopt;
}

// The request for another batch: every argument of `rows` rows gets `other` rows.
Request with_rows(Request request, std::int64_t rows, std::int64_t other) {
  for (ArgumentKey& k : request.key)
    if (k.is_tensor() && k.spec.shape.rank() > 0 && k.spec.shape[0] == rows) k.spec = rows_spec(k.spec, other);
  return request;
}

}  // namespace

MemoryReport ProgramCache::memory_plan() const {
  const Traced& traced = latest("memory_plan");
  MemoryReport report = memory_report(traced.trace, traced.program->executable());
  report.program = options_.name;
  return report;
}

Profile ProgramCache::profile() const {
  const Traced& traced = latest("profile");
  return profile_of(options_.name, traced.trace, traced.program->shared_executable());
}

std::int64_t ProgramCache::largest_batch(std::int64_t memory, const Request& request, const TracedBody& body,
                                         bool whole) const {
  const std::optional<std::int64_t> rows = rows_of(request.key);
  if (!rows) fail<ShapeError>("largest_batch", "program '", options_.name, "' has no argument with rows");
  return largest_rows(*rows, memory, [&](std::int64_t other) {
    const Built built = build(with_rows(request, *rows, other), body);
    const MemoryReport report = memory_report(built.trace, *built.executable);
    return whole ? report.total() : report.still_needed();
  });
}

}  // namespace weft::detail
