// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/rematerialize.h"

#include <algorithm>
#include <limits>

#include "core/ops/roles.h"
#include "core/passes/fuse/body.h"

namespace weft::passes {
namespace {

// True for ops that need not read whole tensors before they can give an element.
bool is_light(const Node& node) {
  switch (ops::kind_of(node)) {
    case ops::Kind::kElementwise:
    case ops::Kind::kMovement:
    case ops::Kind::kSource:
    case ops::Kind::kDraw:
      return true;
    case ops::Kind::kReduction:
    case ops::Kind::kContraction:
    case ops::Kind::kBarrier:
    case ops::Kind::kOpaque:
      break;
  }
  return false;
}

}  // namespace

bool moves(const Node& node) { return ops::kind_of(node) == ops::Kind::kMovement; }

bool is_elementwise(const Node& node) { return ops::kind_of(node) == ops::Kind::kElementwise; }

Levels::Levels(const ir::Graph& graph)
    : graph_(graph),
      readers_(readers_of(graph)),
      returned_(returned_nodes(graph)),
      late_(graph.nodes.size(), false),
      cone_(graph.nodes.size(), 0) {
  const auto count = static_cast<std::int32_t>(graph.nodes.size());
  for (std::int32_t n = 0; n < count; ++n) {
    int level = 0;
    for (const Value v : node(n).inputs) level = std::max(level, behind(v.node));
    level_.push_back(level);
    light_.push_back(is_light(node(n)));
    elementwise_.push_back(is_elementwise(node(n)));
    may_be_late_.push_back(!returned_[at(n)] && is_elementwise(node(n)) && ops::is_lane_op(node(n)));
  }
  find_deadlines();
  for (std::int32_t n = 0; n < count; ++n)
    for (std::int32_t o = 0; o < static_cast<std::int32_t>(node(n).outputs.size()); ++o) delay({n, o});
}

void Levels::find_deadlines() {
  deadline_.assign(graph_.nodes.size(), std::numeric_limits<int>::max());
  for (auto n = static_cast<std::int32_t>(graph_.nodes.size()); n-- > 0;) {
    for (const std::int32_t r : readers_[at(n)]) {
      const int of_reader = elementwise_[at(r)] ? of(r) - 1 : -1;
      const int of_its_readers = may_be_late_[at(r)] ? deadline_[at(r)] : -1;
      deadline_[at(n)] = std::min(deadline_[at(n)], std::max(of_reader, of_its_readers));
    }
  }
}

bool Levels::depends_on_cone(Value v, std::int32_t n) const {
  if (late_[at(n)] || !may_be_late_[at(n)] || node(n).outputs[0].shape != graph_.spec(v).shape) return false;
  const std::vector<Value>& inputs = node(n).inputs;
  return std::all_of(inputs.begin(), inputs.end(), [&](Value input) {
    return input == v || in_cone(input.node) || ops::is_constant(graph_.node(input));
  });
}

// The cone of v: nodes that depend on v alone and that only deeper nodes or the cone read.
std::vector<std::int32_t> Levels::grow_cone(Value v) {
  ++cones_;
  const int level = behind(v.node);
  std::vector<std::int32_t> cone;
  const auto add_readers = [&](std::int32_t of) {
    for (const std::int32_t r : readers_[at(of)]) {
      if (in_cone(r) || deadline_[at(r)] < level || !depends_on_cone(v, r)) continue;
      cone_[at(r)] = cones_;
      cone.push_back(r);
    }
  };
  add_readers(v.node);
  for (std::size_t i = 0; i < cone.size(); ++i) add_readers(cone[i]);
  prune_cone(cone, level);
  return cone;
}

// Drops nodes that a node outside the cone reads early. Dropped nodes are then outside, as operands and as readers.
void Levels::prune_cone(std::vector<std::int32_t>& cone, int level) {
  std::vector<std::int32_t> open;
  const auto drop = [&](std::int32_t n) {
    cone_[at(n)] = 0;
    open.push_back(n);
  };
  for (const std::int32_t n : cone) {
    const auto hurries = [&](std::int32_t r) { return !in_cone(r) && !is_deep(r, level); };
    if (in_cone(n) && std::ranges::any_of(readers_[at(n)], hurries)) drop(n);
  }
  while (!open.empty()) {
    const std::int32_t n = open.back();
    open.pop_back();
    for (const std::int32_t r : readers_[at(n)])
      if (in_cone(r)) drop(r);
    if (is_deep(n, level)) continue;
    for (const Value v : node(n).inputs)
      if (in_cone(v.node)) drop(v.node);
  }
  std::erase_if(cone, [this](std::int32_t n) { return !in_cone(n); });
}

bool Levels::is_stored_until(Value v, int level) const {
  if (node(v.node).op == ir::input_op() || returned_[at(v.node)]) return true;
  std::vector<std::int32_t> open{v.node};  // v and movements of it
  for (std::size_t i = 0; i < open.size(); ++i) {
    for (const std::int32_t r : readers_[at(open[i])]) {
      if (in_cone(r)) continue;
      if (behind(r) >= level || (moves(node(r)) && returned_[at(r)])) return true;
      if (moves(node(r))) open.push_back(r);
    }
  }
  return false;
}

void Levels::delay(Value v) {
  const std::vector<std::int32_t> cone = grow_cone(v);
  if (cone.empty()) return;
  int level = std::numeric_limits<int>::max();
  std::size_t bytes = 0;  // per element, of nodes read outside the cone
  for (const std::int32_t n : cone) {
    bool read = false;
    for (const std::int32_t r : readers_[at(n)]) {
      if (in_cone(r)) continue;
      level = std::min(level, of(r));
      read = true;
    }
    if (read) bytes += size_of(node(n).outputs[0].dtype);
  }
  if (size_of(graph_.spec(v).dtype) > bytes && !is_stored_until(v, level)) return;
  for (const std::int32_t n : cone) {
    late_[at(n)] = true;
    level_[at(n)] = level;
  }
}

}  // namespace weft::passes
