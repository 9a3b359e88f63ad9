// SPDX-License-Identifier: Apache-2.0
#include "core/plan/uses.h"

#include <algorithm>
#include <functional>

#include "core/plan/place.h"

namespace weft::plan {

using ir::Node;
using ir::Value;

Uses::Uses(const ir::Graph& graph, const Options& options)
    : graph_(graph), options_(options), parts_(graph.nodes.size()) {
  for (const Node& node : graph.nodes) reads_.emplace_back(node.outputs.size());
  const auto add = [&](Value v, const Read& read) {
    reads_[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)].push_back(read);
  };
  const auto end = static_cast<std::int32_t>(graph.nodes.size());
  for (const ir::Output& output : graph.outputs) add(output.value, {end, 0, 0, graph.spec(output.value).bytes()});
  // From the last node to the first, so that an alias knows its readers before its source asks for them.
  for (std::int32_t n = end; n-- > 0;) {
    const Node& node = graph.nodes[static_cast<std::size_t>(n)];
    if (node.op == ir::input_op()) continue;
    if (const auto offset = alias_offset(node)) {
      add(node.inputs[0], {n, 0, *offset, node.outputs[0].bytes()});
      for (Read read : reads({n, 0})) {
        read.begin += *offset;
        add(node.inputs[0], read);
      }
      continue;
    }
    for (std::size_t i = 0; i < node.inputs.size(); ++i)
      add(node.inputs[i], {n, i, 0, graph.spec(node.inputs[i]).bytes()});
    if (!options.parts || node.outputs.size() != 1) continue;
    auto& parts = parts_[static_cast<std::size_t>(n)];
    parts = options.parts(graph, node);
    if (std::ranges::any_of(parts, [](std::int64_t offset) { return offset % kAlignment != 0; })) parts.clear();
  }
  for (auto& of_node : reads_)
    for (std::vector<Read>& reads : of_node) std::ranges::stable_sort(reads, std::greater<>(), &Read::node);
}

std::optional<std::int64_t> Uses::alias_offset(const Node& node) const {
  if (!options_.alias || node.outputs.size() != 1 || node.inputs.empty()) return std::nullopt;
  const std::optional<std::int64_t> offset = options_.alias(node);
  if (!offset || *offset + node.outputs[0].bytes() > graph_.spec(node.inputs[0]).bytes()) return std::nullopt;
  return offset;
}

Uses::Root Uses::root(Value v) const {
  Root out{v};
  for (;;) {
    const Node& node = graph_.node(out.value);
    const auto offset = alias_offset(node);
    if (!offset) return out;
    out.value = node.inputs[0];
    out.offset += *offset;
  }
}

std::int32_t Uses::last_read(Value v) const { return reads(v).empty() ? -1 : reads(v)[0].node; }

}  // namespace weft::plan
