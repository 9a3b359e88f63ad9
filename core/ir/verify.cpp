// SPDX-License-Identifier: Apache-2.0
#include "core/ir/verify.h"

#include <map>
#include <set>

#include "core/base/check.h"
#include "core/ir/print.h"

namespace weft::ir {
namespace {

template <class... Args>
[[noreturn]] void reject(const Graph& graph, std::size_t n, const Args&... args) {
  const Node& node = graph.nodes[n];
  throw Error(node.op ? node.op.name() : "", node.path,
              cat(args..., " in ", print_node(graph, static_cast<std::int32_t>(n))));
}

bool exists_before(const Graph& graph, Value v, std::size_t n) {
  return v.defined() && static_cast<std::size_t>(v.node) < n && v.output >= 0 &&
         static_cast<std::size_t>(v.output) < graph.node(v).outputs.size();
}

void verify_node(const Graph& graph, std::size_t n, const Infer& infer) {
  const Node& node = graph.nodes[n];
  if (!node.op) reject(graph, n, "a node has no op");
  if (node.outputs.empty()) reject(graph, n, "a node has no outputs");
  for (const TensorSpec& spec : node.outputs)
    if (!valid(spec)) reject(graph, n, "sizes must not be negative and bytes must fit 64 bits: ", spec);
  std::vector<TensorSpec> specs;
  for (const Value v : node.inputs) {
    if (!exists_before(graph, v, n)) reject(graph, n, "an operand is not an output of an earlier node");
    specs.push_back(graph.spec(v));
  }
  if (node.op == input_op()) {
    if (!node.inputs.empty() || node.region || node.outputs.size() != 1)
      reject(graph, n, "an input has one output, no operands and no region");
  } else if (infer && infer(node, specs) != node.outputs) {
    reject(graph, n, "outputs are not what the op's shape rule says");
  }
  if (node.region) verify(*node.region.graph, infer);
}

void verify_inputs(const Graph& graph) {
  std::size_t next = 0;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (graph.nodes[n].op != input_op()) continue;
    if (next == graph.inputs.size() || graph.inputs[next].value != Value{static_cast<std::int32_t>(n), 0})
      reject(graph, n, "the graph's inputs must list each input node once, in order");
    ++next;
  }
  if (next != graph.inputs.size()) throw Error(cat("the graph lists input ", next, ", which is no input node"));
}

void verify_outputs(const Graph& graph) {
  std::map<std::string, TensorSpec> variables;
  for (const Input& input : graph.inputs)
    if (input.kind == InputKind::kVariable && !variables.emplace(input.name, graph.spec(input.value)).second)
      throw Error(cat("variable \"", input.name, "\" is an input twice"));
  std::set<std::string> assigned;
  for (const Output& output : graph.outputs) {
    if (!exists_before(graph, output.value, graph.nodes.size()))
      throw Error(cat("an output (\"", output.name, "\") is no node's"));
    if (output.name.empty()) continue;
    if (!assigned.insert(output.name).second) throw Error(cat("variable \"", output.name, "\" is assigned twice"));
    const auto variable = variables.find(output.name);
    if (variable != variables.end() && variable->second != graph.spec(output.value))
      throw Error(
          cat("variable \"", output.name, "\" is ", variable->second, " and is assigned ", graph.spec(output.value)));
  }
}

}  // namespace

bool valid(const TensorSpec& spec) {
  auto bytes = static_cast<std::int64_t>(size_of(spec.dtype));
  for (const std::int64_t size : spec.shape) {
    if (size < 0) return false;
    // Zeros are left out, so that strides of empty tensors fit too.
    if (__builtin_mul_overflow(bytes, size ? size : 1, &bytes)) return false;
  }
  return true;
}

void verify(const Graph& graph, const Infer& infer) {
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) verify_node(graph, n, infer);
  verify_inputs(graph);
  verify_outputs(graph);
}

}  // namespace weft::ir
