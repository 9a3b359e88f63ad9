// SPDX-License-Identifier: Apache-2.0
#include "core/ops/roles.h"

namespace weft::ops {

Kind kind_of(const Node& node) {
  if (node.op == ir::input_op()) return Kind::kSource;
  return node.region ? Kind::kOpaque : *find_op(node.op).facts.kind;
}

bool is_constant(const Node& node) {
  static const OpId full = OpId::of("full");
  return node.op == full;
}

bool is_cast(const Node& node) {
  static const OpId cast = OpId::of("cast");
  return node.op == cast;
}

bool widens_half(const Graph& graph, const Node& node) {
  return is_cast(node) && size_of(graph.spec(node.inputs[0]).dtype) == 2;
}

bool is_lane_op(const Node& node) {
  if (node.region || node.op == ir::input_op()) return false;
  const OpFacts& facts = find_op(node.op).facts;
  return (facts.kind == Kind::kElementwise || facts.kind == Kind::kDraw) && facts.runs == Runs::kKernel;
}

}  // namespace weft::ops
