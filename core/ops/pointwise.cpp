// SPDX-License-Identifier: Apache-2.0
#include "core/ops/pointwise.h"

#include <map>

#include "core/base/check.h"
#include "core/ops/families.h"
#include "core/ops/rules.h"

namespace weft::ops {

OpId pointwise_op() {
  static const OpId op = OpId::of("pointwise");
  return op;
}

std::vector<TensorSpec> infer_node(const Node& node, Specs inputs) {
  if (node.op != pointwise_op()) return find_op(node.op).infer(inputs, node.attributes);
  std::vector<TensorSpec> specs;
  for (const ir::Output& output : node.body->outputs) specs.push_back(node.body->spec(output.value));
  return specs;
}

std::vector<Value> emit_pointwise(Builder& build, std::vector<Value> inputs, std::shared_ptr<const Graph> body) {
  if (inputs.size() != body->inputs.size())
    fail<ValueError>("pointwise", "takes the body's ", body->inputs.size(), " inputs, was given ", inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TensorSpec& wanted = body->spec(body->inputs[i].value);
    if (build.spec(inputs[i]) != wanted)
      fail<ShapeError>("pointwise", "input ", i, " is ", build.spec(inputs[i]), ", the body takes ", wanted);
  }
  Node node{pointwise_op(), std::move(inputs), {}, {}, build.path(), body};
  node.outputs = infer_node(node, {});
  const auto count = static_cast<std::int32_t>(node.outputs.size());
  const Value first = build.graph().append(std::move(node));
  std::vector<Value> outputs;
  for (std::int32_t i = 0; i < count; ++i) outputs.push_back({first.node, i});
  return outputs;
}

std::vector<Value> inline_body(Builder& build, const Graph& body, std::span<const Value> inputs) {
  std::map<Value, Value> here;
  for (std::size_t i = 0; i < inputs.size(); ++i) here[body.inputs[i].value] = inputs[i];
  for (std::size_t n = 0; n < body.nodes.size(); ++n) {
    const Node& node = body.nodes[n];
    if (node.op == ir::input_op()) continue;
    std::vector<Value> arguments;
    for (const Value v : node.inputs) arguments.push_back(here.at(v));
    const std::vector<Value> results = build.emit_all(node.op, std::move(arguments), node.attributes);
    for (std::size_t i = 0; i < results.size(); ++i)
      here[{static_cast<std::int32_t>(n), static_cast<std::int32_t>(i)}] = results[i];
  }
  std::vector<Value> outputs;
  for (const ir::Output& output : body.outputs) outputs.push_back(here.at(output.value));
  return outputs;
}

std::vector<OpDef> pointwise_ops() {
  // The rule of a node with a body is the body, which a shape rule does not see.
  const auto infer = [](Specs, const Attributes&) -> std::vector<TensorSpec> {
    fail<Error>("pointwise", "is made from a body, not from inputs and attributes");
  };
  return {{.name = "pointwise", .infer = infer}};
}

}  // namespace weft::ops
