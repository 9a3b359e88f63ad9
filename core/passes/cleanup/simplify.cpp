// SPDX-License-Identifier: Apache-2.0
#include "core/passes/cleanup/simplify.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "core/passes/cleanup/constant_folding.h"
#include "core/passes/rewrite.h"
#include "core/scalar/functions.h"

namespace weft::passes {
namespace {

// A node of the old graph with operands of the new one, for rules that change or replace it.
struct Site {
  Rewriter& to;
  Node& node;  // may be changed: it is then kept as changed

  const std::string& op() const { return node.op.name(); }
  const Node& source(std::size_t i) const { return to.graph().node(node.inputs[i]); }
  const TensorSpec& spec(std::size_t i) const { return to.graph().spec(node.inputs[i]); }
  const TensorSpec& result() const { return node.outputs[0]; }
  bool is(std::size_t i, double number) const {
    const std::optional<Constant> known = constant_of(source(i));
    return known && std::visit([&](auto v) { return static_cast<double>(v) == number; }, *known);
  }
  // Operand i, if it has the result's spec: 1 * x may broadcast x.
  std::optional<Value> operand(std::size_t i) const {
    return spec(i) == result() ? std::optional(node.inputs[i]) : std::nullopt;
  }
};

std::optional<Value> fold(const Site& at) {
  if (at.node.inputs.empty() || at.node.outputs.size() != 1) return std::nullopt;
  std::vector<Constant> operands;
  for (std::size_t i = 0; i < at.node.inputs.size(); ++i) {
    const std::optional<Constant> known = constant_of(at.source(i));
    if (!known) return std::nullopt;
    operands.push_back(*known);
  }
  const bool moves = ops::find_op(at.node.op).facts.kind == ops::Kind::kMovement;
  const std::optional<Constant> number = moves ? operands[0] : evaluate(at.node, operands);
  if (!number) return std::nullopt;
  return at.to.build().emit("full", {}, full_of(at.result(), *number));
}

std::optional<Value> known_operand(const Site& at) {
  const std::string& op = at.op();
  if (op == "multiply") return at.is(1, 1) ? at.operand(0) : at.is(0, 1) ? at.operand(1) : std::nullopt;
  if (op == "divide") return at.is(1, 1) ? at.operand(0) : std::nullopt;
  if (op == "subtract" && at.is(1, 0)) {
    // x - (-0) is x + 0.
    const std::optional<Constant> zero = constant_of(at.source(1));
    const bool positive = std::visit([](auto v) { return !std::signbit(static_cast<double>(v)); }, *zero);
    return positive ? at.operand(0) : std::nullopt;
  }
  if (op == "logical_and") return at.is(1, 1) ? at.operand(0) : at.is(0, 1) ? at.operand(1) : std::nullopt;
  if (op == "logical_or") return at.is(1, 0) ? at.operand(0) : at.is(0, 0) ? at.operand(1) : std::nullopt;
  if (op == "where") {
    if (at.is(0, 1) || at.node.inputs[1] == at.node.inputs[2]) return at.operand(1);
    if (at.is(0, 0)) return at.operand(2);
  }
  return std::nullopt;
}

// f(f(x)) = x.
std::optional<Value> undone(const Site& at) {
  if (at.op() != "negative" && at.op() != "logical_not") return std::nullopt;
  return at.source(0).op == at.node.op ? std::optional(at.source(0).inputs[0]) : std::nullopt;
}

std::optional<Value> unmoved(const Site& at) {
  const std::string& op = at.op();
  if (op == "stop_gradient" || op == "copy") return at.node.inputs[0];
  if (op == "concat" && at.node.inputs.size() == 1) return at.node.inputs[0];
  if (op == "cast" || op == "reshape" || op == "broadcast_to" || op == "slice" || op == "pad") return at.operand(0);
  if (op == "transpose") {
    const ir::Ints& perm = at.node.attributes.ints("perm");
    return std::is_sorted(perm.begin(), perm.end()) ? std::optional(at.node.inputs[0]) : std::nullopt;
  }
  return std::nullopt;
}

// pack(slice(x, 0, n), slice(x, n, m)) is slice(x, 0, m), if no padding lies between. Example: gradients that already
// lie in a flat buffer as their parameters do.
std::optional<Value> packed_again(const Site& at) {
  if (at.op() != "pack") return std::nullopt;
  const std::int64_t slot = at.node.attributes.integer("slot");
  std::optional<Value> whole;
  std::int64_t begin = 0, end = 0;
  for (std::size_t i = 0; i < at.node.inputs.size(); ++i) {
    const Node& part = at.source(i);
    const bool sliced = part.op.name() == "slice" && part.outputs[0].shape.rank() == 1;
    const Value from = sliced ? part.inputs[0] : at.node.inputs[i];
    const std::int64_t first = sliced ? part.attributes.ints("begin")[0] : 0;
    const bool neighbor = !whole || (from == *whole && first == end);
    if (!neighbor || at.spec(i).shape[0] % slot != 0 || (sliced && part.attributes.ints("step")[0] != 1))
      return std::nullopt;
    if (!whole) begin = first;
    whole = from;
    end = first + at.spec(i).shape[0];
  }
  if (at.to.graph().spec(*whole) == at.result()) return whole;
  return at.to.build().emit("slice", {*whole},
                            {{"begin", ir::Ints{begin}}, {"end", ir::Ints{end}}, {"step", ir::Ints{1}}});
}

// True if a cast from `narrow` to `wide` and back gives every number again.
bool holds_all_of(DType wide, DType narrow) {
  if (wide == DType::kF64) return narrow != DType::kI64;
  if (wide == DType::kF32) return narrow == DType::kBF16 || narrow == DType::kF16 || narrow == DType::kU8;
  if (wide == DType::kI64) return narrow == DType::kI32 || narrow == DType::kU8 || narrow == DType::kBool;
  return false;
}

// Broadcasts a single number from its source: broadcast_to(reshape(x)) becomes broadcast_to(x).
void spread_single(Site& at) {
  if (at.op() == "reshape" && at.source(0).op.name() == "broadcast_to") {
    const Value x = at.source(0).inputs[0];
    if (at.to.graph().spec(x).shape.numel() != 1 || at.result().shape.rank() < at.to.graph().spec(x).shape.rank())
      return;
    at.node.op = at.source(0).op;
    at.node.inputs[0] = x;
  }
  if (at.op() == "broadcast_to" && at.source(0).op.name() == "reshape" && at.spec(0).shape.numel() == 1) {
    const Value x = at.source(0).inputs[0];
    if (at.to.graph().spec(x).shape.rank() <= at.result().shape.rank()) at.node.inputs[0] = x;
  }
}

// Lets a node read its operand's operand, so that the operand may become dead: reshape(reshape(x)).
void shorten(Site& at) {
  const std::string& op = at.op();
  if (op == "reshape" && at.source(0).op == at.node.op) at.node.inputs[0] = at.source(0).inputs[0];
  if (op == "broadcast_to" && at.source(0).op == at.node.op) at.node.inputs[0] = at.source(0).inputs[0];
  spread_single(at);
  if (op == "cast" && at.source(0).op == at.node.op) {
    const Value x = at.source(0).inputs[0];
    const DType first = at.to.graph().spec(x).dtype, middle = at.spec(0).dtype;
    if (holds_all_of(middle, first) && (at.result().dtype == first || holds_all_of(at.result().dtype, middle)))
      at.node.inputs[0] = x;
  }
}

// Removes broadcasts of operands, because elementwise nodes broadcast by themselves.
void read_unspread(Site& at) {
  if (!fn_of(at.op())) return;
  for (std::size_t i = 0; i < at.node.inputs.size(); ++i) {
    if (at.source(i).op.name() != "broadcast_to") continue;
    const Value before = at.node.inputs[i];
    at.node.inputs[i] = at.source(i).inputs[0];
    std::vector<TensorSpec> specs;
    for (std::size_t k = 0; k < at.node.inputs.size(); ++k) specs.push_back(at.spec(k));
    if (ops::find_op(at.node.op).infer(specs, at.node.attributes) != at.node.outputs) at.node.inputs[i] = before;
  }
}

// Turns transposes of operands into the booleans trans_a and trans_b, because a product reads either layout.
void read_untransposed(Site& at) {
  if (at.op() != "matmul") return;
  const std::array<const char*, 2> flags{"trans_a", "trans_b"};
  for (std::size_t i = 0; i < 2; ++i) {
    const Node& source = at.source(i);
    if (source.op.name() != "transpose") continue;
    ir::Ints swapped(static_cast<std::size_t>(source.outputs[0].shape.rank()));
    for (std::size_t axis = 0; axis < swapped.size(); ++axis) swapped[axis] = static_cast<std::int64_t>(axis);
    std::swap(swapped[swapped.size() - 1], swapped[swapped.size() - 2]);
    if (source.attributes.ints("perm") != swapped) continue;
    at.node.attributes.set(flags[i], !at.node.attributes.boolean(flags[i]));
    at.node.inputs[i] = source.inputs[0];
  }
}

}  // namespace

Graph simplify(const Graph& graph) {
  Rewriter to(graph);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (graph.nodes[n].op == ir::input_op() || keeps_region(graph.nodes[n], "simplification")) {
      to.keep(n);
      continue;
    }
    Node node = graph.nodes[n];
    node.inputs = to.now(node.inputs);
    Site at{to, node};
    to.build().set_path(node.path);
    shorten(at);
    read_unspread(at);
    read_untransposed(at);
    std::optional<Value> same;
    for (const auto rule : {fold, known_operand, undone, unmoved, packed_again})
      if (!same) same = rule(at);
    if (same) {
      to.replace({static_cast<std::int32_t>(n), 0}, *same);
      continue;
    }
    const auto outputs = static_cast<std::int32_t>(node.outputs.size());
    const Value first = to.graph().append(std::move(node));
    for (std::int32_t o = 0; o < outputs; ++o) to.replace({static_cast<std::int32_t>(n), o}, {first.node, o});
  }
  return to.finish();
}

}  // namespace weft::passes
