// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/autodiff/sweep.h"
#include "core/base/check.h"
#include "core/ops/build.h"
#include "core/ops/slope.h"
#include "core/scalar/functions.h"

namespace weft::autodiff {
namespace {

// A node with the tangents of its inputs, undefined where zero.
struct Step {
  Builder& build;
  const Node& node;
  std::int32_t index;
  const OpDef& def;
  std::span<const Value> tangents;
};

// True for each node that the outputs depend on.
std::vector<bool> needed_nodes(Builder& build, std::span<const Value> outputs, std::int32_t first) {
  std::vector<bool> needed(build.graph().nodes.size());
  for (const Value v : outputs)
    if (v.defined()) needed[static_cast<std::size_t>(v.node)] = true;
  for (std::size_t n = needed.size(); n-- > static_cast<std::size_t>(first);)
    if (needed[n])
      for (const Value v : build.graph().nodes[n].inputs) needed[static_cast<std::size_t>(v.node)] = true;
  return needed;
}

Values push_elementwise(const Step& step, Fn fn) {
  const Shape shape = step.node.outputs[0].shape;
  Derivatives sum(step.build);
  const Value y{step.index, 0};
  for (std::size_t i = 0; i < step.tangents.size(); ++i) {
    if (!step.tangents[i].defined()) continue;
    const Value term = ops::slope_times(step.build, fn, step.node, i, step.node.inputs, y, step.tangents[i]);
    if (term.defined()) sum.add(y, ops::broadcast_to(step.build, term, shape));
  }
  return {sum[y]};
}

bool is_linear_in(const OpDef& def, std::size_t input) {
  return def.linear_in >> std::min<std::size_t>(input, 31) & 1u;
}

bool linear_along(const Step& step) {
  for (std::size_t i = 0; i < step.tangents.size(); ++i)
    if (step.tangents[i].defined() && !is_linear_in(step.def, i)) return false;
  return true;
}

// Product rule: the sum of the op applied once for each tangent, with the other inputs as they are.
Values push_product(const Step& step) {
  Derivatives sum(step.build);
  for (std::size_t i = 0; i < step.tangents.size(); ++i) {
    if (!step.tangents[i].defined()) continue;
    Values inputs = step.node.inputs;
    inputs[i] = step.tangents[i];
    sum.add({step.index, 0}, step.build.emit(step.node.op, std::move(inputs), step.node.attributes));
  }
  return {sum[{step.index, 0}]};
}

// The op applied to all tangents at once, with zeros for undefined ones.
Values push_linear(const Step& step) {
  Values inputs = step.node.inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!is_linear_in(step.def, i)) continue;
    const TensorSpec spec = step.build.spec(inputs[i]);
    inputs[i] = step.tangents[i].defined() ? step.tangents[i] : ops::full(step.build, spec.shape, spec.dtype, 0);
  }
  return step.build.emit_all(step.node.op, std::move(inputs), step.node.attributes);
}

Values push_through_decomposition(const Step& step) {
  const std::int32_t first = node_count(step.build);
  const Values outputs = decompose(step.build, step.node, step.def);
  Values wrt, tangents;
  for (std::size_t i = 0; i < step.tangents.size(); ++i) {
    const Value input = step.node.inputs[i];
    if (!step.tangents[i].defined() || std::find(wrt.begin(), wrt.end(), input) != wrt.end()) continue;
    wrt.push_back(input);
    tangents.push_back(step.tangents[i]);
  }
  return forward_from(first, step.build, outputs, wrt, tangents);
}

// The reverse rule u -> J^T u is linear in u, so its own reverse is v -> J v. Zeros stand for u, because the result
// does not depend on u.
Values push_by_transposing(const Step& step) {
  Values u;
  for (const TensorSpec& spec : step.node.outputs)
    u.push_back(is_floating(spec.dtype) ? ops::full(step.build, spec.shape, spec.dtype, 0) : Value{});
  const std::int32_t first = node_count(step.build);
  const Flags wanted(new bool[step.tangents.size()]);
  for (std::size_t i = 0; i < step.tangents.size(); ++i) wanted[i] = step.tangents[i].defined();
  const Values pulled =
      apply_rule(step.build, step.node, step.index, step.def, u, {wanted.get(), step.tangents.size()});
  return reverse_from(first, step.build, pulled, step.tangents, u);
}

Values push(const Step& step) {
  if (const std::optional<Fn> fn = fn_of(step.node.op.name())) return push_elementwise(step, *fn);
  if (linear_along(step)) return step.def.product ? push_product(step) : push_linear(step);
  if (has_decomposition(step.node, step.def)) return push_through_decomposition(step);
  if (step.def.gradient) return push_by_transposing(step);
  fail<Error>(step.def.name, "has no gradient");
}

}  // namespace

Values forward_from(std::int32_t first, Builder& build, std::span<const Value> outputs, std::span<const Value> wrt,
                    std::span<const Value> tangents) {
  Derivatives held(build);
  for (std::size_t i = 0; i < wrt.size(); ++i)
    if (carries_derivative(build, wrt[i])) held.add(wrt[i], tangents[i]);

  const std::vector<bool> needed = needed_nodes(build, outputs, first);
  for (std::int32_t n = first; n < static_cast<std::int32_t>(needed.size()); ++n) {
    if (!needed[static_cast<std::size_t>(n)]) continue;
    const Node node = build.graph().nodes[static_cast<std::size_t>(n)];
    if (node.inputs.empty() || !is_differentiable(node)) continue;
    Values here;
    for (const Value v : node.inputs) here.push_back(held[v]);
    if (std::none_of(here.begin(), here.end(), [](Value v) { return v.defined(); })) continue;
    const PathScope scope(build, node.path);
    const Values results = push({build, node, n, ops::find_op(node.op), here});
    const Values values = outputs_of(node, n);
    for (std::size_t i = 0; i < results.size(); ++i)
      if (carries_derivative(build, values[i])) held.add(values[i], results[i]);
  }

  Values out;
  for (const Value v : outputs) out.push_back(held[v]);
  return out;
}

Values forward(Builder& build, std::span<const Value> outputs, std::span<const Value> wrt,
               std::span<const Value> tangents) {
  check_pairs(build, "forward", "tangent", wrt, tangents);
  return forward_from(0, build, outputs, wrt, tangents);
}

}  // namespace weft::autodiff
