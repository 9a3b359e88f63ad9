// SPDX-License-Identifier: Apache-2.0
#include "kernels/elementwise/lower/lower.h"

#include <numeric>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "weft/error.h"

namespace weft::kernels {
namespace {

using elementwise::Refusal;

// One node by itself, as a body.
ir::Graph body_of(const exec::KernelRequest& request) {
  ir::Graph body;
  ir::Node node{request.op, {}, {request.outputs.begin(), request.outputs.end()}, request.attributes};
  for (const TensorSpec& spec : request.inputs)
    node.inputs.push_back(body.add_input(spec, ir::InputKind::kArgument, ""));
  body.outputs.push_back({body.append(std::move(node))});
  return body;
}

}  // namespace

Lowered lower(const exec::KernelRequest& request) {
  std::vector<int> all(request.outputs.size());
  std::iota(all.begin(), all.end(), 0);
  return lower(request, all);
}

Lowered lower(const exec::KernelRequest& request, std::span<const int> outputs) {
  const std::variant<Lowered, Refusal> lowered = lower_columns(request, outputs, 0);
  if (const auto* program = std::get_if<Lowered>(&lowered)) return *program;
  const Refusal& refusal = std::get<Refusal>(lowered);
  if (refusal.kind == Refusal::Kind::kShape) fail_at<ShapeError>(request.op.name(), request.path, refusal.text);
  fail_at<ValueError>(request.op.name(), request.path, refusal.text);
}

std::variant<Lowered, Refusal> lower_columns(const exec::KernelRequest& request, std::span<const int> outputs,
                                             std::int64_t columns) {
  if (request.region) return elementwise::lower(elementwise::whole_body(*request.region.graph), outputs, columns);
  const ir::Graph body = body_of(request);
  return elementwise::lower(elementwise::whole_body(body), outputs, columns);
}

}  // namespace weft::kernels
