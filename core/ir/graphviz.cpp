// SPDX-License-Identifier: Apache-2.0
#include "core/ir/graphviz.h"

namespace weft::ir {
namespace {

std::string in_quotes(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string id(const std::string& prefix, std::int32_t n) { return prefix + "n" + std::to_string(n); }

std::string label(const Graph& graph, const Node& node) {
  for (const Input& input : graph.inputs)
    if (&graph.node(input.value) == &node) return input.name.empty() ? "input" : input.name;
  return node.op.name() + (node.path.empty() ? "" : " @ " + node.path);
}

// `prefix` keeps the nodes of different regions apart.
void put_block(const Graph& graph, const std::string& prefix, const std::string& indent, std::string& out) {
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const std::string self = id(prefix, static_cast<std::int32_t>(i));
    const std::string shape = node.op == input_op() ? "ellipse" : "box";
    const std::string box = self + " [shape=" + shape + ", label=" + in_quotes(label(graph, node)) + "];\n";
    if (node.region) {
      const std::string inner = indent + "  ";
      out += indent + "subgraph cluster_" + self + " {\n" + inner +
             "label=" + in_quotes(std::string(name_of(node.region.kind))) + ";\n" + inner + box;
      put_block(*node.region.graph, self + "_", inner, out);
      out += indent + "}\n";
    } else {
      out += indent + box;
    }
    for (const Value v : node.inputs)
      out += indent + id(prefix, v.node) + " -> " + self + " [label=" + in_quotes(graph.spec(v).text()) + "];\n";
  }
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const auto& [value, name] = graph.outputs[i];
    const std::string self = prefix + "out" + std::to_string(i);
    out += indent + self + " [shape=plaintext, label=" + in_quotes(name.empty() ? "return" : name + " =") + "];\n";
    out += indent + id(prefix, value.node) + " -> " + self + " [label=" + in_quotes(graph.spec(value).text()) + "];\n";
  }
}

}  // namespace

std::string graphviz(const Graph& graph) {
  std::string out = "digraph weft {\n";
  put_block(graph, "", "  ", out);
  return out + "}\n";
}

}  // namespace weft::ir
