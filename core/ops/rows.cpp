// SPDX-License-Identifier: Apache-2.0
#include "core/ops/rows.h"

#include <algorithm>

#include "core/ops/op.h"
#include "core/ops/pointwise.h"

namespace weft::ops {
namespace {

std::vector<Rows> all_outputs(const Signature& node, Rows rows) { return {node.outputs.size(), rows}; }

// The relation after an op that keeps rows or not. If not, kAlike is kMixed, too, because its size follows the batch.
Rows kept(bool keeps, Rows rows) { return keeps || rows == Rows::kNone ? rows : Rows::kMixed; }

// An operand that is independent of the batch must not have rows of its own: (8, 3) + (8, 3) fits a batch of 8 alone.
Rows broadcast_rows(const Signature& node, std::span<const Rows> rows) {
  const Shape& out = node.outputs[0].shape;
  if (out.rank() == 0) return any_carried(rows) ? Rows::kMixed : Rows::kNone;
  bool carried = false, own = false;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    const Shape& x = node.input(i).shape;
    const bool reaches = x.rank() == out.rank() && x[0] == out[0];
    if (rows[i] == Rows::kCarried && !reaches) return Rows::kMixed;
    carried = carried || rows[i] == Rows::kCarried;
    own = own || (rows[i] == Rows::kNone && reaches && x[0] != 1);
  }
  if (carried) return own ? Rows::kMixed : Rows::kCarried;
  return own ? Rows::kNone : Rows::kAlike;
}

std::vector<Rows> through_body(const Graph& body, std::span<const Rows> inputs) {
  std::vector<std::vector<Rows>> known;
  for (const Node& node : body.nodes) known.emplace_back(node.outputs.size(), Rows::kNone);
  const auto at = [&](Value v) -> Rows& {
    return known[static_cast<std::size_t>(v.node)][static_cast<std::size_t>(v.output)];
  };
  for (std::size_t i = 0; i < inputs.size(); ++i) at(body.inputs[i].value) = inputs[i];
  for (std::size_t n = 0; n < body.nodes.size(); ++n) {
    const Node& node = body.nodes[n];
    if (node.op == ir::input_op()) continue;
    std::vector<Rows> operands;
    for (const Value v : node.inputs) operands.push_back(at(v));
    known[n] = pass_rows(body, node, operands);
  }
  std::vector<Rows> outputs;
  for (const ir::Output& output : body.outputs) outputs.push_back(at(output.value));
  return outputs;
}

std::vector<Rows> through_epilogue(const Graph& graph, const Node& node, std::span<const Rows> inputs) {
  const BaseOp base(graph, node);
  const std::size_t count = base.signature().inputs.size();
  std::vector<Rows> rows = base.def().facts.rows(base.signature(), inputs.first(count));
  rows.insert(rows.end(), inputs.begin() + static_cast<std::ptrdiff_t>(count), inputs.end());
  return through_body(*node.region.graph, rows);
}

}  // namespace

bool any_carried(std::span<const Rows> values) { return std::ranges::find(values, Rows::kCarried) != values.end(); }

Rows aligned(std::span<const Rows> operands) {
  const bool own = std::ranges::find(operands, Rows::kNone) != operands.end();
  if (any_carried(operands)) return own ? Rows::kMixed : Rows::kCarried;
  return own ? Rows::kNone : Rows::kAlike;
}

RowsRule rows_mix() {
  return [](const Signature& node, std::span<const Rows> rows) {
    const bool apart = std::ranges::all_of(rows, [](Rows r) { return r == Rows::kNone; });
    return all_outputs(node, apart ? Rows::kNone : Rows::kMixed);
  };
}

RowsRule rows_broadcast() {
  return
      [](const Signature& node, std::span<const Rows> rows) { return all_outputs(node, broadcast_rows(node, rows)); };
}

RowsRule rows_kept(std::function<bool(const Signature&)> keeps) {
  return [keeps = std::move(keeps)](const Signature& node, std::span<const Rows> rows) {
    return all_outputs(node, any_carried(rows.subspan(1)) ? Rows::kMixed : kept(keeps(node), rows[0]));
  };
}

RowsRule rows_beside_axis() {
  return rows_kept([](const Signature& node) { return node.attributes.integer("axis") != 0; });
}

RowsRule rows_beside_axes() {
  return rows_kept([](const Signature& node) {
    const ir::Ints& axes = node.attributes.ints("axes");
    return std::ranges::find(axes, 0) == axes.end();
  });
}

RowsRule rows_aligned() {
  return [](const Signature& node, std::span<const Rows> rows) { return all_outputs(node, aligned(rows)); };
}

std::vector<Rows> pass_rows(const Graph& graph, const Node& node, std::span<const Rows> inputs) {
  if (std::ranges::find(inputs, Rows::kMixed) != inputs.end()) return {node.outputs.size(), Rows::kMixed};
  if (!node.region) return find_op(node.op).facts.rows({graph, node}, inputs);
  switch (node.region.kind) {
    case ir::Region::Kind::kElementwise:
      return through_body(*node.region.graph, inputs);
    case ir::Region::Kind::kEpilogue:
      return through_epilogue(graph, node, inputs);
    case ir::Region::Kind::kLoop:
      break;
  }
  return {node.outputs.size(), Rows::kMixed};
}

}  // namespace weft::ops
