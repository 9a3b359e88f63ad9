// SPDX-License-Identifier: Apache-2.0
#include "core/exec/traits.h"

#include <algorithm>
#include <set>
#include <string>

#include "core/ops/pointwise.h"
#include "weft/fn.h"

namespace weft::exec {
namespace {

bool is_elementwise(const std::string& op) {
  static const std::set<std::string> ops = [] {
    std::set<std::string> out;
    for (int f = 0; f < kFnCount; ++f) out.insert(name_of(static_cast<Fn>(f)));
    return out;
  }();
  return ops.contains(op);
}

// A body's output of the full shape is written element by element, each after all operands of that element are read; an
// operand that is handed on as it is, or as another dtype, might be read later.
bool body_in_place(const ir::Graph& body, std::size_t j, std::size_t body_input) {
  const std::string& maker = body.node(body.outputs[j].value).op.name();
  // A reduction has another shape, what a base op gives may be written before the body reads anything, and when a
  // matrix library reads the operands of its epilogue is its own affair.
  if (!is_elementwise(maker) && maker != "cast" && maker != "uniform" && maker != "normal") return false;
  const ir::Value operand = body.inputs[body_input].value;
  return std::ranges::none_of(body.outputs, [&](const ir::Output& out) {
    ir::Value v = out.value;
    while (body.node(v).op.name() == "cast") v = body.node(v).inputs[0];
    return v == operand;
  });
}

}  // namespace

std::optional<std::int64_t> alias_offset(const ir::Node& node) {
  const std::string& op = node.op.name();
  if (op == "reshape" || op == "copy" || op == "stop_gradient") return 0;
  if (op != "slice" || node.outputs[0].shape.rank() != 1 || node.attributes.ints("step")[0] != 1) return std::nullopt;
  constexpr std::int64_t kAlignment = 256;
  const std::int64_t offset =
      node.attributes.ints("begin")[0] * static_cast<std::int64_t>(size_of(node.outputs[0].dtype));
  return offset % kAlignment == 0 ? std::optional(offset) : std::nullopt;
}

std::vector<std::int64_t> part_offsets(const ir::Graph& graph, const ir::Node& node) {
  const bool pack = node.op.name() == "pack";
  if (!pack && node.op.name() != "concat") return {};
  const int axis = pack ? 0 : static_cast<int>(node.attributes.integer("axis"));
  const auto& around = node.outputs[0].shape.dims();
  if (std::any_of(around.begin(), around.begin() + axis, [](std::int64_t size) { return size != 1; })) return {};
  const std::int64_t slot =
      pack ? node.attributes.integer("slot") * static_cast<std::int64_t>(size_of(node.outputs[0].dtype)) : 1;
  std::vector<std::int64_t> out;
  std::int64_t at = 0;
  for (const ir::Value part : node.inputs) {
    out.push_back(at);
    at += (graph.spec(part).bytes() + slot - 1) / slot * slot;
  }
  return out;
}

bool may_run_in_place(const ir::Node& node, std::size_t j, std::size_t i) {
  const std::string& op = node.op.name();
  if (op == "pointwise") return body_in_place(*node.region.graph, j, i);
  // The products are taken before the body runs, so its further operands are as a pointwise node's; the first ones are
  // read more than once.
  if (op == "matmul_epilogue") return i >= 2 && body_in_place(*node.region.graph, j, i - 2 + 1);
  // A row is read before its gradient is written over it.
  if (op == "softmax_cross_entropy" || op == "softmax_cross_entropy_scaled") return j == 1 && i == 0;
  if (op == "dropout") return j == 0 && i == 0;
  return j == 0 && is_elementwise(op);
}

}  // namespace weft::exec
