// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/regions.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/ops/pointwise.h"
#include "core/ops/roles.h"
#include "core/passes/fuse/body.h"
#include "core/passes/fuse/rematerialize.h"
#include "core/program/lower.h"

namespace weft::passes {
namespace {

class Regions {
 public:
  explicit Regions(const Graph& graph)
      : graph_(graph), groups_(graph), levels_(graph), returned_(returned_nodes(graph)) {
    for (const Node& node : graph.nodes) roles_.push_back(role_of(graph, node));
    for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph.nodes.size()); ++n)
      goes_with_reader_.push_back(is_widened_for_reader(n));
  }

  Graph form() {
    join_readers();
    join_neighbors();
    return contract(graph_, groups_,
                    [this](Rewriter& to, const std::vector<std::int32_t>& members) { emit(to, members); });
  }

 private:
  Role role(std::int32_t node) const { return roles_[static_cast<std::size_t>(node)]; }
  const Node& node(std::int32_t n) const { return graph_.nodes[static_cast<std::size_t>(n)]; }
  // The shape that a region with this node works on.
  const Shape& full_shape(std::int32_t n) const {
    return role(n) == Role::kEnding ? graph_.spec(node(n).inputs[0]).shape : node(n).outputs[0].shape;
  }

  // True if a member reads a reduction of its own region, whose result is known only after all elements.
  bool reads_own_ending(const std::vector<std::int32_t>& members) const {
    return std::any_of(members.begin(), members.end(), [&](std::int32_t m) {
      const std::vector<Value>& inputs = node(m).inputs;
      return std::any_of(inputs.begin(), inputs.end(), [&](Value v) {
        return role(v.node) == Role::kEnding && std::binary_search(members.begin(), members.end(), v.node);
      });
    });
  }

  bool admissible(const std::vector<std::int32_t>& members) const {
    Selection body = selection_of(graph_, groups_, members, returned_);
    return elementwise::admissible({graph_, std::move(body.inputs), std::move(body.outputs)});
  }

  // True if the nodes are in one group now.
  bool try_join(std::int32_t a, std::int32_t b) {
    const std::int32_t first = groups_.of(a), second = groups_.of(b);
    if (first == second) return true;
    if (full_shape(a) != full_shape(b)) return false;
    std::vector<std::int32_t> members = groups_.members(first);
    const std::vector<std::int32_t>& more = groups_.members(second);
    members.insert(members.end(), more.begin(), more.end());
    std::sort(members.begin(), members.end());
    return !reads_own_ending(members) && admissible(members) && groups_.join(first, second);
  }

  // True for a cast from 16 bits that goes with its readers, so that the tensor in between has 16 bits.
  bool is_widened_for_reader(std::int32_t n) const {
    if (!ops::widens_half(graph_, node(n))) return false;
    const std::vector<std::int32_t>& readers = groups_.readers(n);
    return std::any_of(readers.begin(), readers.end(), [&](std::int32_t r) {
      return (role(r) == Role::kElementwise || role(r) == Role::kEnding) && full_shape(r) == full_shape(n);
    });
  }

  bool goes_with_reader(std::int32_t n) const { return goes_with_reader_[static_cast<std::size_t>(n)]; }

  // Joins n with its operand `source`. In the first round a late node joins only operands that are late, too.
  void join_reader(std::int32_t n, std::int32_t source, bool last) {
    const bool waits = levels_.late(n) && !levels_.late(source);
    if (role(source) == Role::kElementwise && waits == last) try_join(source, n);
  }

  // Joins nodes with their operands, in two rounds, so that late nodes join their readers first. A reduction joins as a
  // reader alone, because nothing inside a region reads one.
  void join_readers() {
    for (const bool last : {false, true}) {
      for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph_.nodes.size()); ++n) {
        if ((role(n) != Role::kElementwise && role(n) != Role::kEnding) || goes_with_reader(n)) continue;
        for (const Value v : node(n).inputs) {
          join_reader(n, v.node, last);
          if (goes_with_reader(v.node)) join_reader(n, node(v.node).inputs[0].node, last);
        }
      }
    }
  }

  // Joins readers of the same operand of the full shape, and nodes of one element that follow one another: a node that
  // does not fit begins the next group, because a group with nodes from all over the graph would wait for the last.
  void join_neighbors() {
    std::map<std::int32_t, std::int32_t> first_reader;
    std::map<Shape, std::int32_t, bool (*)(const Shape&, const Shape&)> latest_single(
        [](const Shape& a, const Shape& b) { return a.dims() < b.dims(); });
    for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph_.nodes.size()); ++n) {
      if (role(n) != Role::kElementwise && role(n) != Role::kEnding) continue;
      for (const Value v : node(n).inputs) {
        if (role(v.node) == Role::kConstant || graph_.spec(v).shape != full_shape(n)) continue;
        const auto [reader, fresh] = first_reader.emplace(v.node, n);
        if (!fresh) try_join(reader->second, n);
      }
      if (role(n) != Role::kElementwise || full_shape(n).numel() != 1) continue;
      const auto [single, fresh] = latest_single.emplace(full_shape(n), n);
      if (!fresh && !try_join(single->second, n)) single->second = n;
    }
  }

  // True unless the region would be a single node into which no constant can move.
  bool worth_a_body(const std::vector<std::int32_t>& members) const {
    if (members.size() > 1) return true;
    const auto is_constant = [this](Value v) { return role(v.node) == Role::kConstant; };
    const std::vector<Value>& inputs = node(members[0]).inputs;
    return role(members[0]) == Role::kElementwise && std::any_of(inputs.begin(), inputs.end(), is_constant);
  }

  void emit(Rewriter& to, const std::vector<std::int32_t>& members) {
    if (!worth_a_body(members)) {
      to.keep(static_cast<std::size_t>(members[0]));
      return;
    }
    const Selection body = selection_of(graph_, groups_, members, returned_);
    if (body.outputs.empty()) return;  // nobody reads it
    to.build().set_path(graph_.node(body.outputs[0]).path);
    const std::vector<Value> results = ops::emit_pointwise(to.build(), to.now(body.inputs), make_region(graph_, body));
    for (std::size_t o = 0; o < results.size(); ++o) to.replace(body.outputs[o], results[o]);
  }

  const Graph& graph_;
  Groups groups_;
  Levels levels_;
  std::vector<bool> returned_;
  std::vector<Role> roles_;
  std::vector<bool> goes_with_reader_;
};

}  // namespace

Graph form_regions(const Graph& graph) { return Regions(graph).form(); }

}  // namespace weft::passes
