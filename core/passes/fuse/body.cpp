// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/body.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/ops/region.h"
#include "core/ops/roles.h"

namespace weft::passes {
namespace {

const Node& at(const Graph& graph, std::int32_t node) { return graph.nodes[static_cast<std::size_t>(node)]; }

bool is_ending(const Graph& graph, const Node& node) {
  return ops::ends_region(graph, node) && graph.spec(node.inputs[0]).shape.numel() > 0;
}

}  // namespace

Role role_of(const Graph& graph, const Node& node) {
  if (node.region || node.op == ir::input_op()) return Role::kOther;
  if (ops::is_constant(node)) return Role::kConstant;
  if (is_ending(graph, node)) return Role::kEnding;
  return ops::is_lane_op(node) && node.outputs[0].shape.numel() > 0 ? Role::kElementwise : Role::kOther;
}

std::vector<bool> returned_nodes(const Graph& graph) {
  std::vector<bool> out(graph.nodes.size(), false);
  for (const ir::Output& output : graph.outputs) out[static_cast<std::size_t>(output.value.node)] = true;
  return out;
}

Selection selection_of(const Graph& graph, const Groups& groups, const std::vector<std::int32_t>& members,
                       const std::vector<bool>& returned) {
  Selection body{members, {}, {}};
  std::set<Value> known;
  std::vector<Value> reductions;
  const auto inside = [&](std::int32_t node) { return std::binary_search(members.begin(), members.end(), node); };
  for (const std::int32_t m : members) {
    const Node& node = at(graph, m);
    for (const Value v : node.inputs)
      if (!inside(v.node) && role_of(graph, graph.node(v)) != Role::kConstant && known.insert(v).second)
        body.inputs.push_back(v);
    const std::vector<std::int32_t>& readers = groups.readers(m);
    if (!returned[static_cast<std::size_t>(m)] && std::all_of(readers.begin(), readers.end(), inside)) continue;
    (role_of(graph, node) == Role::kEnding ? reductions : body.outputs).push_back({m, 0});
  }
  body.outputs.insert(body.outputs.end(), reductions.begin(), reductions.end());
  return body;
}

std::shared_ptr<const Graph> make_region(const Graph& graph, const Selection& body) {
  auto out = std::make_shared<Graph>();
  std::map<Value, Value> here;
  for (const Value v : body.inputs) here[v] = out->add_input(graph.spec(v), ir::InputKind::kArgument, "");
  for (const std::int32_t m : body.members) {
    Node node = at(graph, m);
    node.path.clear();
    for (Value& v : node.inputs) {
      auto known = here.find(v);
      if (known == here.end()) {
        Node constant = graph.node(v);
        constant.path.clear();
        known = here.emplace(v, out->append(std::move(constant))).first;
      }
      v = known->second;
    }
    here[{m, 0}] = out->append(std::move(node));
  }
  for (const Value v : body.outputs) out->outputs.push_back({here.at(v), ""});
  return out;
}

}  // namespace weft::passes
