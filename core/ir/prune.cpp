// SPDX-License-Identifier: Apache-2.0
#include "core/ir/prune.h"

namespace weft::ir {

Graph prune(const Graph& graph) {
  std::vector<char> needed(graph.nodes.size(), 0);
  const auto need = [&](Value v) { needed[static_cast<std::size_t>(v.node)] = 1; };
  for (const Output& output : graph.outputs) need(output.value);
  for (std::size_t n = graph.nodes.size(); n-- > 0;)
    if (needed[n])
      for (const Value v : graph.nodes[n].inputs) need(v);
  for (const Input& input : graph.inputs) need(input.value);

  std::vector<std::int32_t> renumbered(graph.nodes.size(), -1);
  const auto moved = [&](Value v) { return Value{renumbered[static_cast<std::size_t>(v.node)], v.output}; };
  Graph out;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!needed[n]) continue;
    Node node = graph.nodes[n];
    for (Value& v : node.inputs) v = moved(v);
    renumbered[n] = out.append(std::move(node)).node;
  }
  for (const Input& input : graph.inputs) out.inputs.push_back({moved(input.value), input.kind, input.name});
  for (const Output& output : graph.outputs) out.outputs.push_back({moved(output.value), output.name});
  return out;
}

}  // namespace weft::ir
