// SPDX-License-Identifier: Apache-2.0
#include "core/autodiff/sweep.h"

#include "core/base/check.h"
#include "core/ops/pointwise.h"

namespace weft::autodiff {

void Derivatives::add(Value of, Value derivative) {
  if (!derivative.defined()) return;
  const auto [place, fresh] = held_.emplace(of, derivative);
  if (!fresh) place->second = build_.emit("add", {place->second, derivative});
}

Value Derivatives::operator[](Value of) const {
  const auto found = held_.find(of);
  return found == held_.end() ? Value{} : found->second;
}

std::int32_t node_count(Builder& build) { return static_cast<std::int32_t>(build.graph().nodes.size()); }

Values outputs_of(const Node& node, std::int32_t index) {
  Values out;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) out.push_back({index, static_cast<std::int32_t>(i)});
  return out;
}

bool carries_derivative(Builder& build, Value v) { return v.defined() && is_floating(build.dtype(v)); }

bool is_differentiable(const Node& node) { return node.op != ir::input_op() && ops::find_op(node.op).differentiable; }

bool has_decomposition(const Node& node, const OpDef& def) {
  if (def.decompose) return true;
  if (!node.region) return false;
  switch (node.region.kind) {
    case ir::Region::Kind::kElementwise:
    case ir::Region::Kind::kEpilogue:
      return true;
    case ir::Region::Kind::kLoop:
      ir::refuse_region(node, "differentiation");
  }
  return false;
}

Values decompose(Builder& build, const Node& node, const OpDef& def) {
  return def.decompose ? def.decompose(build, node.inputs, node.attributes) : ops::inline_node(build, node);
}

Values apply_rule(Builder& build, const Node& node, std::int32_t index, const OpDef& def,
                  std::span<const Value> cotangents, std::span<const bool> wanted) {
  const auto reads = static_cast<unsigned>(def.reads);
  const Values inputs = reads & 1u ? node.inputs : Values(node.inputs.size());
  const Values outputs = reads & 2u ? outputs_of(node, index) : Values(node.outputs.size());
  Values result = def.gradient({build, node, inputs, outputs, cotangents, wanted});
  if (result.size() != node.inputs.size())
    fail<Error>(def.name, "the gradient rule gave ", result.size(), " cotangents for ", node.inputs.size(), " inputs");
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (!wanted[i]) result[i] = {};
    if (result[i].defined() && build.spec(result[i]) != build.spec(node.inputs[i]))
      fail<ShapeError>(def.name, "the gradient rule gave ", build.spec(result[i]), " for input ", i, ", which is ",
                       build.spec(node.inputs[i]));
  }
  return result;
}

void check_pairs(Builder& build, const char* op, const char* what, std::span<const Value> values,
                 std::span<const Value> derivatives) {
  if (values.size() != derivatives.size())
    fail<ValueError>(op, "was given ", values.size(), " values and ", derivatives.size(), " ", what, "s");
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i].defined() && derivatives[i].defined() && build.spec(derivatives[i]) != build.spec(values[i]))
      fail<ShapeError>(op, what, " ", i, " is ", build.spec(derivatives[i]), ", its value is ", build.spec(values[i]));
}

}  // namespace weft::autodiff
