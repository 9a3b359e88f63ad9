// SPDX-License-Identifier: Apache-2.0
#include "core/exec/candidate.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/lasting.h"

namespace weft::exec {
namespace {

struct Forced {
  std::string op;
  Device::Kind kind;
  std::string_view name;
};
thread_local PerThread<std::vector<Forced>> forced;

std::string list(std::span<const TensorSpec> specs) {
  std::string text;
  for (const TensorSpec& spec : specs) text += (text.empty() ? "" : ", ") + spec.text();
  return "(" + text + ")";
}

std::string quoted(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text += cat(text.empty() ? "'" : ", '", name, "'");
  return text.empty() ? "none" : text;
}

}  // namespace

PreparedKernel prepare_first(std::span<const Candidate> candidates, const KernelRequest& request) {
  const std::string_view wanted = forced_candidate(request.op.name(), request.device.kind());
  for (const Candidate& candidate : candidates) {
    if (!wanted.empty() && candidate.name != wanted) continue;
    std::optional<PreparedKernel> kernel = candidate.prepare(request);
    if (!kernel) continue;
    kernel->candidate = candidate.name;
    return *std::move(kernel);
  }
  if (wanted.empty()) throw_no_kernel(request);
  fail_at<ValueError>(request.op.name(), request.path, "candidate '", wanted, "' is forced and does not take ",
                      list(request.inputs), " -> ", list(request.outputs), " on ", request.device.name(),
                      "; force another one");
}

ForcedCandidate::ForcedCandidate(std::string op, Device::Kind kind, std::string_view name) {
  const std::vector<std::string_view> names = candidates_of(op, kind);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end())
    fail_at<ValueError>(op, "", "has no candidate '", name, "' to force; its candidates are ", quoted(names));
  forced->push_back({std::move(op), kind, *found});
}

ForcedCandidate::~ForcedCandidate() { forced->pop_back(); }

std::string_view forced_candidate(std::string_view op, Device::Kind kind) {
  const auto found = std::find_if(forced->rbegin(), forced->rend(),
                                  [&](const Forced& row) { return row.kind == kind && row.op == op; });
  return found == forced->rend() ? std::string_view() : found->name;
}

}  // namespace weft::exec
