// SPDX-License-Identifier: Apache-2.0
#include "core/passes/rewrite.h"

namespace weft::passes {

Rewriter::Rewriter(const Graph& from) : from_(from), build_(graph_) {
  map_.reserve(from.nodes.size());
  for (const Node& node : from.nodes) map_.emplace_back(node.outputs.size());
}

std::vector<Value> Rewriter::now(const std::vector<Value>& old) const {
  std::vector<Value> out;
  out.reserve(old.size());
  for (const Value v : old) out.push_back(now(v));
  return out;
}

void Rewriter::keep(std::size_t n) {
  Node node = from_.nodes[n];
  if (node.op == ir::input_op()) {
    const ir::Input& input = from_.inputs[next_input_++];
    map_[n][0] = graph_.add_input(node.outputs[0], input.kind, input.name);
    return;
  }
  node.inputs = now(node.inputs);
  const Value first = graph_.append(std::move(node));
  for (std::size_t o = 0; o < map_[n].size(); ++o) map_[n][o] = {first.node, static_cast<std::int32_t>(o)};
}

Graph Rewriter::finish() {
  for (const ir::Output& output : from_.outputs) graph_.outputs.push_back({now(output.value), output.name});
  return std::move(graph_);
}

std::vector<std::vector<int>> count_uses(const Graph& graph) {
  std::vector<std::vector<int>> uses;
  for (const Node& node : graph.nodes) uses.emplace_back(node.outputs.size(), 0);
  const auto count = [&](Value v) { ++uses[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)]; };
  for (const Node& node : graph.nodes)
    for (const Value v : node.inputs) count(v);
  for (const ir::Output& output : graph.outputs) count(output.value);
  return uses;
}

std::vector<std::vector<std::int32_t>> readers_of(const Graph& graph) {
  std::vector<std::vector<std::int32_t>> out(graph.nodes.size());
  for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph.nodes.size()); ++n) {
    for (const Value v : graph.nodes[static_cast<std::size_t>(n)].inputs) {
      std::vector<std::int32_t>& readers = out[static_cast<std::size_t>(v.node)];
      if (readers.empty() || readers.back() != n) readers.push_back(n);
    }
  }
  return out;
}

bool keeps_region(const Node& node, std::string_view pass) {
  if (!node.region) return false;
  switch (node.region.kind) {
    // Made of nodes that the pass has seen already, or has nothing to do with.
    case ir::Region::Kind::kElementwise:
    case ir::Region::Kind::kEpilogue:
      return true;
    case ir::Region::Kind::kLoop:
      ir::refuse_region(node, pass);
  }
  return false;
}

}  // namespace weft::passes
