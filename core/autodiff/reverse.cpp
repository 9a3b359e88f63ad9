// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "core/autodiff/recompute.h"
#include "core/autodiff/sweep.h"
#include "core/base/check.h"

namespace weft::autodiff {
namespace {

// The values that depend on wrt through differentiable ops.
std::set<Value> reached(Builder& build, std::span<const Value> wrt, std::int32_t first) {
  std::set<Value> active;
  for (const Value v : wrt)
    if (carries_derivative(build, v)) active.insert(v);
  for (std::int32_t n = first; n < node_count(build); ++n) {
    const Node& node = build.graph().nodes[static_cast<std::size_t>(n)];
    if (std::none_of(node.inputs.begin(), node.inputs.end(), [&](Value v) { return active.contains(v); })) continue;
    if (!is_differentiable(node)) continue;
    for (const Value v : outputs_of(node, n))
      if (carries_derivative(build, v)) active.insert(v);
  }
  return active;
}

bool rule_serves(const OpDef& def, std::span<const Value> cotangents, std::span<const bool> wanted) {
  if (!def.gradient) return false;
  for (std::size_t i = 0; i < cotangents.size(); ++i)
    if (cotangents[i].defined() && !(def.gradient_outputs >> std::min<std::size_t>(i, 31) & 1u)) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i] && !(def.gradient_inputs >> std::min<std::size_t>(i, 31) & 1u)) return false;
  return true;
}

// Cotangents through the op's decomposition. An input that stands twice, as in multiply(x, x), gets its whole cotangent
// at its first place.
Values pull_through_decomposition(Builder& build, const Node& node, const OpDef& def, std::span<const Value> cotangents,
                                  std::span<const bool> wanted) {
  const std::int32_t first = node_count(build);
  const Values outputs = decompose(build, node, def);
  Values wrt(node.inputs.size());
  for (std::size_t i = 0; i < wrt.size(); ++i)
    if (wanted[i] && std::find(wrt.begin(), wrt.end(), node.inputs[i]) == wrt.end()) wrt[i] = node.inputs[i];
  return reverse_from(first, build, outputs, cotangents, wrt);
}

Values pull(Builder& build, const Node& node, std::int32_t index, std::span<const Value> cotangents,
            std::span<const bool> wanted) {
  const OpDef& def = ops::find_op(node.op);
  if (rule_serves(def, cotangents, wanted)) return apply_rule(build, node, index, def, cotangents, wanted);
  if (has_decomposition(node, def)) return pull_through_decomposition(build, node, def, cotangents, wanted);
  fail<Error>(def.name, "has no gradient");
}

}  // namespace

Values reverse_from(std::int32_t first, Builder& build, std::span<const Value> outputs,
                    std::span<const Value> cotangents, std::span<const Value> wrt) {
  const std::set<Value> active = reached(build, wrt, first);
  Derivatives held(build);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (active.contains(outputs[i])) held.add(outputs[i], cotangents[i]);

  Recomputed recomputed(build);
  for (std::int32_t n = node_count(build) - 1; n >= first; --n) {
    // A copy, because the rule adds nodes, which moves those of the graph.
    const Node node = build.graph().nodes[static_cast<std::size_t>(n)];
    if (node.inputs.empty() || !is_differentiable(node)) continue;
    Values here;
    for (const Value v : outputs_of(node, n)) here.push_back(held[v]);
    const auto cotangent = std::ranges::find_if(here, &Value::defined);
    if (cotangent == here.end()) continue;
    const Flags wanted(new bool[node.inputs.size()]);
    bool any = false;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) any |= wanted[i] = active.contains(node.inputs[i]);
    if (!any) continue;
    const PathScope scope(build, node.path);
    const auto [copy, at] = recomputed.again(node, n, *cotangent);
    const Values results = pull(build, copy, at, here, {wanted.get(), node.inputs.size()});
    for (std::size_t i = 0; i < results.size(); ++i) held.add(node.inputs[i], results[i]);
  }

  Values out;
  for (const Value v : wrt) out.push_back(held[v]);
  return out;
}

Values backward(Builder& build, std::span<const Value> outputs, std::span<const Value> cotangents,
                std::span<const Value> wrt) {
  check_pairs(build, "backward", "cotangent", outputs, cotangents);
  return reverse_from(0, build, outputs, cotangents, wrt);
}

std::set<Value> influences(Builder& build, Value output) {
  std::set<Value> out;
  Values open{output};
  while (!open.empty()) {
    const Value v = open.back();
    open.pop_back();
    if (!carries_derivative(build, v) || !out.insert(v).second) continue;
    const Node& node = build.graph().node(v);
    if (is_differentiable(node)) open.insert(open.end(), node.inputs.begin(), node.inputs.end());
  }
  return out;
}

}  // namespace weft::autodiff
