// SPDX-License-Identifier: Apache-2.0
#include "core/ops/memory.h"

#include <algorithm>

#include "core/ops/pointwise.h"
#include "core/ops/roles.h"

namespace weft::ops {
namespace {

// True if output j of a body may lie over an input: each element is written after all operands of that element are
// read. An input that is also an output, unchanged or cast, might be read later.
bool body_in_place(const Graph& body, std::size_t j, std::size_t body_input) {
  // Excludes reductions (another shape), results of a base op (written before the body reads) and nodes of a matrix
  // library (operands read at any time).
  if (!is_lane_op(body.node(body.outputs[j].value))) return false;
  const Value operand = body.inputs[body_input].value;
  return std::ranges::none_of(body.outputs, [&](const ir::Output& out) {
    Value v = out.value;
    while (is_cast(body.node(v))) v = body.node(v).inputs[0];
    return v == operand;
  });
}

}  // namespace

std::optional<std::int64_t> alias_offset(const Node& node) {
  if (node.region || node.op == ir::input_op()) return std::nullopt;
  return find_op(node.op).facts.alias(node);
}

std::vector<std::int64_t> part_offsets(const Graph& graph, const Node& node) {
  if (node.region || node.op == ir::input_op()) return {};
  return find_op(node.op).facts.parts({graph, node});
}

bool may_run_in_place(const Node& node, std::size_t j, std::size_t i) {
  if (!node.region) return find_op(node.op).facts.in_place(node, j, i);
  switch (node.region.kind) {
    case ir::Region::Kind::kElementwise:
      return body_in_place(*node.region.graph, j, i);
    case ir::Region::Kind::kEpilogue: {
      // Only further operands, because a base op reads its own more than once. The body's first inputs are the base
      // op's results.
      const std::size_t own = inputs_of_base(node), results = results_of_base(node);
      return i >= own && body_in_place(*node.region.graph, j, i - own + results);
    }
    case ir::Region::Kind::kLoop:
      break;
  }
  return false;
}

}  // namespace weft::ops
