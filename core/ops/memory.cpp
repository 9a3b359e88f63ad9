// SPDX-License-Identifier: Apache-2.0
#include "core/ops/memory.h"

#include <algorithm>

#include "core/ops/pointwise.h"
#include "core/ops/roles.h"

namespace weft::ops {
namespace {

// A body's output of the full shape is written element by element, each after all operands of that element are read; an
// operand that is handed on as it is, or as another dtype, might be read later.
bool body_in_place(const Graph& body, std::size_t j, std::size_t body_input) {
  // A reduction has another shape, the result of a base op may be written before the body reads anything, and a matrix
  // library reads the operands of its epilogue whenever it likes.
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
      // A base op reads its own operands more than once. Its results are the body's first inputs.
      const std::size_t own = inputs_of_base(node), results = results_of_base(node);
      return i >= own && body_in_place(*node.region.graph, j, i - own + results);
    }
    case ir::Region::Kind::kLoop:
    case ir::Region::Kind::kRecompute:
      break;
  }
  return false;
}

}  // namespace weft::ops
