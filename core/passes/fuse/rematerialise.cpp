// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/rematerialise.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "core/passes/fuse/body.h"

namespace weft::fusion {
namespace {

bool one_of(const Node& node, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), node.op.name()) != names.end();
}

// Neither reads whole tensors before it can give an element.
bool is_light(const Node& node) {
  return is_elementwise(node) || moves(node) || one_of(node, {"input", "full", "iota", "uniform", "normal"});
}

bool contains(const std::vector<std::int32_t>& sorted, std::int32_t n) {
  return std::binary_search(sorted.begin(), sorted.end(), n);
}

}  // namespace

bool moves(const Node& node) {
  return one_of(node, {"reshape", "transpose", "broadcast_to", "slice", "flip", "copy", "stop_gradient"});
}

bool is_elementwise(const Node& node) { return fn_of(node) || one_of(node, {"cast", "dropout"}); }

Levels::Levels(const ir::Graph& graph)
    : graph_(graph), readers_(graph.nodes.size()), returned_(returned_nodes(graph)), late_(graph.nodes.size(), false) {
  const auto count = static_cast<std::int32_t>(graph.nodes.size());
  for (std::int32_t n = 0; n < count; ++n) {
    int level = 0;
    for (const Value v : node(n).inputs) {
      level = std::max(level, behind(v.node));
      if (readers_[at(v.node)].empty() || readers_[at(v.node)].back() != n) readers_[at(v.node)].push_back(n);
    }
    level_.push_back(level);
    light_.push_back(is_light(node(n)));
  }
  for (std::int32_t n = 0; n < count; ++n)
    for (std::int32_t o = 0; o < static_cast<std::int32_t>(node(n).outputs.size()); ++o) delay({n, o});
}

bool Levels::may_depend_on(Value v, std::int32_t n, const std::vector<std::int32_t>& cone) const {
  if (late_[at(n)] || returned_[at(n)] || !(fn_of(node(n)) || node(n).op.name() == "cast")) return false;
  if (node(n).outputs[0].shape != graph_.spec(v).shape) return false;
  const std::vector<Value>& inputs = node(n).inputs;
  return std::all_of(inputs.begin(), inputs.end(), [&](Value input) {
    return input == v || contains(cone, input.node) || graph_.node(input).op.name() == "full";
  });
}

bool Levels::may_wait(Value v, std::int32_t n, const std::vector<std::int32_t>& cone) const {
  const std::vector<std::int32_t>& readers = readers_[at(n)];
  return std::all_of(readers.begin(), readers.end(), [&](std::int32_t r) {
    return contains(cone, r) || (is_elementwise(node(r)) && of(r) > behind(v.node));
  });
}

// What depends on v alone and is read by deeper nodes alone, in the graph's order.
std::vector<std::int32_t> Levels::cone_of(Value v) const {
  std::vector<std::int32_t> cone, open = readers_[at(v.node)];
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (contains(cone, open[i]) || !may_depend_on(v, open[i], cone)) continue;
    cone.insert(std::upper_bound(cone.begin(), cone.end(), open[i]), open[i]);
    const std::vector<std::int32_t>& next = readers_[at(open[i])];
    open.insert(open.end(), next.begin(), next.end());
  }
  for (std::size_t before = cone.size() + 1; cone.size() < before;) {
    before = cone.size();
    std::erase_if(cone, [&, all = cone](std::int32_t n) { return !may_wait(v, n, all) || !may_depend_on(v, n, all); });
  }
  return cone;
}

bool Levels::is_stored_until(Value v, int level, const std::vector<std::int32_t>& cone) const {
  if (node(v.node).op == ir::input_op() || returned_[at(v.node)]) return true;
  const std::vector<std::int32_t>& readers = readers_[at(v.node)];
  return std::any_of(readers.begin(), readers.end(), [&](std::int32_t r) {
    if (contains(cone, r)) return false;
    return behind(r) >= level || (moves(node(r)) && is_stored_until({r, 0}, level, cone));
  });
}

void Levels::delay(Value v) {
  const std::vector<std::int32_t> cone = cone_of(v);
  int level = std::numeric_limits<int>::max();
  std::size_t bytes = 0;  // per element, of what is read outside the cone
  for (const std::int32_t n : cone) {
    bool read = false;
    for (const std::int32_t r : readers_[at(n)]) {
      if (contains(cone, r)) continue;
      level = std::min(level, of(r));
      read = true;
    }
    if (read) bytes += size_of(node(n).outputs[0].dtype);
  }
  if (size_of(graph_.spec(v).dtype) > bytes && !is_stored_until(v, level, cone)) return;
  for (const std::int32_t n : cone) {
    late_[at(n)] = true;
    level_[at(n)] = level;
  }
}

}  // namespace weft::fusion
