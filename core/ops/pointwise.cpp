// SPDX-License-Identifier: Apache-2.0
#include "core/ops/pointwise.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "core/base/check.h"
#include "core/base/lasting.h"
#include "core/ops/families.h"
#include "core/ops/region.h"
#include "core/ops/rules.h"

namespace weft::ops {

OpId pointwise_op() {
  static const OpId op = OpId::of("pointwise");
  return op;
}

namespace {

// The epilogue op of each base op, and the base op of each epilogue op.
struct Epilogues {
  std::unordered_map<std::string, OpId> of_base, base_of;
};

const Epilogues& epilogues() {
  static const Lasting<Epilogues> all([] {
    Epilogues out;
    for (const std::string& name : builtin_ops()) {
      if (find_op(OpId::of(name)).facts.epilogue == kNoEpilogue) continue;
      const std::string with = name + kEpilogueSuffix;
      out.of_base.emplace(name, OpId::of(with));
      out.base_of.emplace(with, OpId::of(name));
    }
    return out;
  }());
  return *all;
}

OpId found_in(const std::unordered_map<std::string, OpId>& table, OpId op) {
  const auto found = table.find(op.name());
  return found == table.end() ? OpId{} : found->second;
}

// The operands of an epilogue's body: the results of the base op, then the node's further operands.
std::vector<TensorSpec> given_to_epilogue(const Node& node, Specs inputs) {
  const std::size_t own = inputs_of_base(node);
  if (inputs.size() < own) fail<ValueError>(node.op.name(), "takes ", own, " inputs, was given ", inputs.size());
  std::vector<TensorSpec> given = find_op(base_of_epilogue(node.op)).infer(inputs.first(own), node.attributes);
  given.insert(given.end(), inputs.begin() + static_cast<std::ptrdiff_t>(own), inputs.end());
  return given;
}

void expect_body_inputs(const std::string& op, const Graph& body, Specs given) {
  if (given.size() != body.inputs.size())
    fail<ValueError>(op, "takes the body's ", body.inputs.size(), " inputs, was given ", given.size());
  for (std::size_t i = 0; i < given.size(); ++i)
    if (const TensorSpec& wanted = body.spec(body.inputs[i].value); given[i] != wanted)
      fail<ShapeError>(op, "input ", i, " is ", given[i], ", the body takes ", wanted);
}

std::vector<Value> emit_region(Builder& build, OpId op, std::vector<Value> inputs, Attributes attributes,
                               ir::Region region) {
  std::vector<TensorSpec> specs;
  for (const Value v : inputs) specs.push_back(build.spec(v));
  Node node{op, std::move(inputs), {}, std::move(attributes), build.path(), std::move(region)};
  node.outputs = infer_node(node, specs);
  const auto count = static_cast<std::int32_t>(node.outputs.size());
  const Value first = build.graph().append(std::move(node));
  std::vector<Value> outputs;
  for (std::int32_t i = 0; i < count; ++i) outputs.push_back({first.node, i});
  return outputs;
}

}  // namespace

OpId epilogue_op(OpId op) { return found_in(epilogues().of_base, op); }

OpId base_of_epilogue(OpId op) { return found_in(epilogues().base_of, op); }

std::size_t inputs_of_base(const Node& node) {
  const OpId base = base_of_epilogue(node.op);
  if (!base) fail_at<ValueError>(node.op.name(), node.path, "has an epilogue region and is no op with an epilogue");
  return *find_op(base).facts.epilogue;
}

std::size_t results_of_base(const Node& node) {
  return node.region.graph->inputs.size() - (node.inputs.size() - inputs_of_base(node));
}

BaseOp::BaseOp(const Graph& graph, const Node& node)
    : graph_(graph),
      inputs_(std::span(node.inputs).first(inputs_of_base(node))),
      attributes_(node.attributes),
      def_(find_op(base_of_epilogue(node.op))) {
  const Graph& body = *node.region.graph;
  for (std::size_t o = 0; o < results_of_base(node); ++o) outputs_.push_back(body.spec(body.inputs[o].value));
}

std::vector<TensorSpec> infer_node(const Node& node, Specs inputs) {
  if (!node.region) return find_op(node.op).infer(inputs, node.attributes);
  const Graph& body = *node.region.graph;
  switch (node.region.kind) {
    case ir::Region::Kind::kElementwise:
      expect_body_inputs(node.op.name(), body, inputs);
      break;
    case ir::Region::Kind::kEpilogue:
      expect_body_inputs(node.op.name(), body, given_to_epilogue(node, inputs));
      break;
    case ir::Region::Kind::kLoop:
      ir::refuse_region(node, "shape inference");
  }
  check_region(node);
  std::vector<TensorSpec> specs;
  for (const ir::Output& output : body.outputs) specs.push_back(body.spec(output.value));
  return specs;
}

std::vector<Value> emit_pointwise(Builder& build, std::vector<Value> inputs, std::shared_ptr<const Graph> body) {
  return emit_region(build, pointwise_op(), std::move(inputs), {}, {ir::Region::Kind::kElementwise, std::move(body)});
}

std::vector<Value> emit_epilogue(Builder& build, OpId op, std::vector<Value> inputs, std::vector<Value> further,
                                 Attributes attributes, std::shared_ptr<const Graph> body) {
  inputs.insert(inputs.end(), further.begin(), further.end());
  return emit_region(build, epilogue_op(op), std::move(inputs), std::move(attributes),
                     {ir::Region::Kind::kEpilogue, std::move(body)});
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
  std::vector<Value> inputs = node.inputs;
  switch (node.region.kind) {
    case ir::Region::Kind::kElementwise:
      break;
    case ir::Region::Kind::kEpilogue: {
      const auto further = node.inputs.begin() + static_cast<std::ptrdiff_t>(inputs_of_base(node));
      inputs = build.emit_all(base_of_epilogue(node.op), {node.inputs.begin(), further}, node.attributes);
      inputs.insert(inputs.end(), further, node.inputs.end());
      break;
    }
    case ir::Region::Kind::kLoop:
      ir::refuse_region(node, "inlining");
  }
  return inline_body(build, *node.region.graph, inputs);
}

OpDef op_with_body(std::string name) {
  // A shape rule does not see the region, from which alone the outputs follow.
  auto infer = [name](Specs, const Attributes&) -> std::vector<TensorSpec> {
    fail<Error>(name, "is made from a region, not from inputs and attributes");
  };
  return {.name = name, .infer = std::move(infer), .facts = opaque_facts()};
}

std::vector<OpDef> pointwise_ops() { return {op_with_body("pointwise")}; }

}  // namespace weft::ops
