// SPDX-License-Identifier: Apache-2.0
#include "core/autodiff/recompute.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

namespace weft::autodiff {

std::pair<Node, std::int32_t> Recomputed::again(const Node& node, std::int32_t index, Value cotangent) {
  const std::optional<std::size_t> marks = build_.recomputed(index);
  if (!marks) return {node, index};
  copy_up_to(index, *marks, cotangent);
  const std::int32_t copy = copies_.at(index);
  return {build_.graph().nodes[static_cast<std::size_t>(copy)], copy};
}

void Recomputed::copy_up_to(std::int32_t last, std::size_t marks, Value cotangent) {
  std::set<std::int32_t> open;  // nodes to copy, in the order of the graph
  std::vector<std::int32_t> next{last};
  while (!next.empty()) {
    const std::int32_t n = next.back();
    next.pop_back();
    if (copies_.contains(n) || !open.insert(n).second) continue;
    for (const Value v : build_.graph().nodes[static_cast<std::size_t>(n)].inputs)
      if (build_.recomputed(v.node) == marks) next.push_back(v.node);
  }
  for (const std::int32_t n : open) {
    Node copy = build_.graph().nodes[static_cast<std::size_t>(n)];
    bool differs = false;
    for (Value& v : copy.inputs) {
      const Value put = operand(v, marks, cotangent);
      differs |= put != v;
      v = put;
    }
    copies_[n] = differs ? build_.graph().append(std::move(copy)).node : n;
  }
}

Value Recomputed::operand(Value v, std::size_t marks, Value cotangent) {
  if (build_.recomputed(v.node) == marks) return {copies_.at(v.node), v.output};
  if (is_kept(v)) return v;
  Value& late = delayed_[{marks, v}];
  if (!late.defined()) late = build_.emit("after", {v, cotangent});
  return late;
}

bool Recomputed::is_kept(Value v) const {
  const ir::Graph& graph = build_.graph();
  if (graph.node(v).op != ir::input_op()) return graph.node(v).inputs.empty();
  const auto input = std::ranges::find(graph.inputs, v, &ir::Input::value);
  // The state of a generator is a variable as well, but a draw from it is made again.
  return input != graph.inputs.end() && input->kind == ir::InputKind::kVariable && is_floating(graph.spec(v).dtype);
}

}  // namespace weft::autodiff
