// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/body.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/program/program.h"

namespace weft::fusion {
namespace {

const Node& at(const Graph& graph, std::int32_t node) { return graph.nodes[static_cast<std::size_t>(node)]; }

bool is_draw(const Node& node) { return node.op.name() == "uniform" || node.op.name() == "normal"; }
bool is_half(DType dtype) { return dtype == DType::kBF16 || dtype == DType::kF16; }

// The axes of a reduction are all the first, all the last, or simply all.
bool reduces_an_end(const Shape& shape, const ir::Ints& axes) {
  if (axes.empty()) return false;
  const bool neighbours = axes.back() - axes.front() + 1 == static_cast<std::int64_t>(axes.size());
  return neighbours && (axes.front() == 0 || axes.back() == shape.rank() - 1);
}

bool is_ending(const Graph& graph, const Node& node) {
  const std::string& op = node.op.name();
  if (op != "sum" && op != "max" && op != "min") return false;
  const TensorSpec& x = graph.spec(node.inputs[0]);
  return x.shape.numel() > 0 && reduces_an_end(x.shape, node.attributes.ints("axes"));
}

}  // namespace

Role role_of(const Graph& graph, const Node& node) {
  if (node.body || node.op == ir::input_op()) return Role::kOther;
  if (node.op.name() == "full") return Role::kConstant;
  if (is_ending(graph, node)) return Role::kEnding;
  const bool elementwise = fn_of(node) || node.op.name() == "cast" || is_draw(node);
  return elementwise && node.outputs[0].shape.numel() > 0 ? Role::kElementwise : Role::kOther;
}

std::vector<bool> returned_nodes(const Graph& graph) {
  std::vector<bool> out(graph.nodes.size(), false);
  for (const ir::Output& output : graph.outputs) out[static_cast<std::size_t>(output.value.node)] = true;
  return out;
}

Body body_of(const Graph& graph, const Groups& groups, const std::vector<std::int32_t>& members,
             const std::vector<bool>& returned) {
  Body body{members, {}, {}};
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

bool fits_program(const Graph& graph, const Body& body) {
  int instructions = 0, draws = 0;
  std::set<Value> constants;
  std::map<Value, std::size_t> last;  // the last member to read a value
  for (std::size_t i = 0; i < body.members.size(); ++i) {
    const Node& node = at(graph, body.members[i]);
    draws += is_draw(node);
    // Loads and stores, a rounding where registers hold more than the dtype, a conversion per operand of a cast.
    instructions += 1 + is_half(node.outputs[0].dtype) + (node.op.name() == "cast") + is_draw(node);
    for (const Value v : node.inputs) {
      last[v] = i;
      if (role_of(graph, graph.node(v)) == Role::kConstant) constants.insert(v);
    }
  }
  instructions += static_cast<int>(2 * constants.size() + 2 * body.inputs.size() + body.outputs.size());
  // Constants and single numbers are kept; the others live until they are read last.
  int kept = static_cast<int>(constants.size()), live = 0, most = 0;
  std::vector<int> ends(body.members.size() + 1, 0);
  std::set<Value> begun;
  for (std::size_t i = 0; i < body.members.size(); ++i) {
    for (const Value v : at(graph, body.members[i]).inputs) {
      if (constants.contains(v) || !begun.insert(v).second) continue;
      if (graph.spec(v).shape.numel() == 1) {
        ++kept;
      } else {
        ++live;
        ++ends[last[v]];
      }
    }
    const Value here{body.members[i], 0};
    if (begun.insert(here).second) {
      ++live;
      const bool is_output = std::find(body.outputs.begin(), body.outputs.end(), here) != body.outputs.end();
      ++ends[is_output || !last.contains(here) ? body.members.size() : last[here]];
    }
    most = std::max(most, live);
    live -= ends[i];
  }
  constexpr int kSpare = 3;
  return instructions <= weft::Program::kMaxInstrs && most + kept + kSpare <= weft::Program::kMaxRegisters &&
         static_cast<int>(constants.size()) + draws <= weft::Program::kMaxConstants &&
         static_cast<int>(body.inputs.size()) + draws <= weft::Program::kMaxAccesses &&
         static_cast<int>(body.outputs.size()) <= weft::Program::kMaxOutputs;
}

std::shared_ptr<const Graph> make_body(const Graph& graph, const Body& body) {
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

}  // namespace weft::fusion
