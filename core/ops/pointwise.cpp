// SPDX-License-Identifier: Apache-2.0
#include "core/ops/pointwise.h"

#include <algorithm>
#include <map>

#include "core/base/check.h"
#include "core/ops/families.h"
#include "core/ops/rules.h"

namespace weft::ops {

OpId pointwise_op() {
  static const OpId op = OpId::of("pointwise");
  return op;
}

namespace {

struct Epilogue {
  OpId op, base;
  std::size_t inputs = 0;  // of the base
};

const std::vector<Epilogue>& epilogues() {
  static const std::vector<Epilogue> all{{OpId::of("matmul_epilogue"), OpId::of("matmul"), 2}};
  return all;
}

const Epilogue* epilogue(OpId op) {
  const auto found =
      std::find_if(epilogues().begin(), epilogues().end(), [&](const Epilogue& e) { return e.op == op; });
  return found == epilogues().end() ? nullptr : &*found;
}

void expect_body_inputs(const std::string& op, const Graph& body, Specs given) {
  if (given.size() != body.inputs.size())
    fail<ValueError>(op, "takes the body's ", body.inputs.size(), " inputs, was given ", given.size());
  for (std::size_t i = 0; i < given.size(); ++i)
    if (const TensorSpec& wanted = body.spec(body.inputs[i].value); given[i] != wanted)
      fail<ShapeError>(op, "input ", i, " is ", given[i], ", the body takes ", wanted);
}

std::vector<Value> emit_body(Builder& build, OpId op, std::vector<Value> inputs, Attributes attributes,
                             std::shared_ptr<const Graph> body) {
  std::vector<TensorSpec> specs;
  for (const Value v : inputs) specs.push_back(build.spec(v));
  Node node{op, std::move(inputs), {}, std::move(attributes), build.path(), std::move(body)};
  node.outputs = infer_node(node, specs);
  const auto count = static_cast<std::int32_t>(node.outputs.size());
  const Value first = build.graph().append(std::move(node));
  std::vector<Value> outputs;
  for (std::int32_t i = 0; i < count; ++i) outputs.push_back({first.node, i});
  return outputs;
}

}  // namespace

OpId epilogue_op(OpId op) {
  for (const Epilogue& e : epilogues())
    if (e.base == op) return e.op;
  return {};
}

OpId base_of_epilogue(OpId op) {
  const Epilogue* e = epilogue(op);
  return e ? e->base : OpId{};
}

std::vector<TensorSpec> infer_node(const Node& node, Specs inputs) {
  if (!node.body) return find_op(node.op).infer(inputs, node.attributes);
  const std::string& name = node.op.name();
  if (const Epilogue* e = epilogue(node.op)) {
    if (inputs.size() < e->inputs) fail<ValueError>(name, "takes ", e->inputs, " inputs, was given ", inputs.size());
    std::vector<TensorSpec> given = find_op(e->base).infer(inputs.first(e->inputs), node.attributes);
    given.insert(given.end(), inputs.begin() + static_cast<std::ptrdiff_t>(e->inputs), inputs.end());
    expect_body_inputs(name, *node.body, given);
  } else {
    expect_body_inputs(name, *node.body, inputs);
  }
  std::vector<TensorSpec> specs;
  for (const ir::Output& output : node.body->outputs) specs.push_back(node.body->spec(output.value));
  return specs;
}

std::vector<Value> emit_pointwise(Builder& build, std::vector<Value> inputs, std::shared_ptr<const Graph> body) {
  return emit_body(build, pointwise_op(), std::move(inputs), {}, std::move(body));
}

std::vector<Value> emit_epilogue(Builder& build, OpId op, std::vector<Value> inputs, std::vector<Value> further,
                                 Attributes attributes, std::shared_ptr<const Graph> body) {
  inputs.insert(inputs.end(), further.begin(), further.end());
  return emit_body(build, epilogue_op(op), std::move(inputs), std::move(attributes), std::move(body));
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

std::vector<Value> inline_node(Builder& build, const Node& node) {
  const Epilogue* e = epilogue(node.op);
  if (!e) return inline_body(build, *node.body, node.inputs);
  const auto further = node.inputs.begin() + static_cast<std::ptrdiff_t>(e->inputs);
  std::vector<Value> inputs = build.emit_all(e->base, {node.inputs.begin(), further}, node.attributes);
  inputs.insert(inputs.end(), further, node.inputs.end());
  return inline_body(build, *node.body, inputs);
}

std::vector<OpDef> pointwise_ops() {
  // The rule of a node with a body is the body, which a shape rule does not see.
  const auto infer = [](Specs, const Attributes&) -> std::vector<TensorSpec> {
    fail<Error>("pointwise or epilogue", "is made from a body, not from inputs and attributes");
  };
  std::vector<OpDef> defs{{.name = "pointwise", .infer = infer}};
  for (const Epilogue& e : epilogues()) defs.push_back({.name = e.op.name(), .infer = infer});
  return defs;
}

}  // namespace weft::ops
