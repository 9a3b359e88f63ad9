// SPDX-License-Identifier: Apache-2.0
#include "core/passes/lower/rounding.h"

#include <algorithm>

#include "core/passes/rewrite.h"

namespace weft::passes {
namespace {

ops::Half half_of(const Graph& graph, const Node& node) {
  if (node.op == ir::input_op() || node.region) return {};
  return ops::find_op(node.op).facts.half({graph, node});
}

// Mask of the inputs that a node can take in 16 bits while its other operands and its statistics are f32.
unsigned half_inputs(const Graph& graph, const Node& node) { return half_of(graph, node).inputs; }

}  // namespace

Rounding::Rounding(const ir::Graph& graph)
    : merged_(merge_recomputed(graph, "mixed precision")),
      graph_(merged_.graph),
      levels_(graph_),
      readers_(graph_.nodes.size()) {
  for (const Node& n : graph_.nodes) facts_.emplace_back(n.outputs.size());
  const auto count = static_cast<std::int32_t>(graph_.nodes.size());
  for (std::int32_t n = 0; n < count; ++n)
    for (const Value v : node(n).inputs) readers_[static_cast<std::size_t>(v.node)].push_back(n);
  for (const ir::Input& input : graph_.inputs) at(input.value).master = input.kind == ir::InputKind::kVariable;
  for (const ir::Output& output : graph_.outputs) {
    at(output.value).returned = true;
    if (!output.name.empty()) at(output.value).master = true;
  }
  for (std::int32_t n = 0; n < count; ++n) describe(n);
  for (std::int32_t n = count - 1; n >= 0; --n) follow_back(n);
  for (std::int32_t n = count - 1; n >= 0; --n) decide(n);
  // Movements keep the dtype of their operand.
  for (std::int32_t n = 0; n < count; ++n)
    if (moves(node(n)) && at(node(n).inputs[0]).rounded) at({n, 0}).rounded = true;
}

bool Rounding::product(std::int32_t n) const {
  return half_of(graph_, node(n)).use == ops::Half::Use::kProduct && is_f32({n, 0}) && is_f32(node(n).inputs[0]);
}

unsigned Rounding::taken_as_stored(std::int32_t of) const {
  const std::int32_t n = now(of);
  const unsigned inputs = half_inputs(graph_, node(n));
  for (std::size_t i = 0; i < node(n).inputs.size(); ++i)
    if (inputs >> i & 1 && !at(node(n).inputs[i]).rounded) return 0;
  return inputs;
}

void Rounding::describe(std::int32_t n) {
  const Node& here = node(n);
  const bool passes = is_elementwise(here) || moves(here);
  const ops::Half::Use half = half_of(graph_, here).use;
  const bool keeps = half == ops::Half::Use::kResult || half == ops::Half::Use::kAsStored;
  for (std::int32_t o = 0; o < static_cast<std::int32_t>(here.outputs.size()); ++o) {
    Facts& out = at({n, o});
    if (!is_f32({n, o})) continue;
    const std::int64_t size = here.outputs[static_cast<std::size_t>(o)].shape.numel();
    const auto continues = [&](Value v) {
      return at(v).master && (moves(here) || graph_.spec(v).shape.numel() == size);
    };
    if (passes && std::any_of(here.inputs.begin(), here.inputs.end(), continues)) out.master = true;
    const auto active = [&](Value v) { return at(v).activation && graph_.spec(v).shape.numel() <= size; };
    out.activation = product(n) || (keeps && std::any_of(here.inputs.begin(), here.inputs.end(), active));
  }
}

void Rounding::follow_back(std::int32_t n) {
  bool needed = product(n);
  for (std::int32_t o = 0; o < static_cast<std::int32_t>(node(n).outputs.size()); ++o) {
    const Facts& out = at({n, o});
    needed = needed || (is_f32({n, o}) && out.feeds && !out.master);
  }
  if (!needed) return;
  for (const Value v : node(n).inputs) at(v).feeds = true;
}

bool Rounding::may_round(Value v) const {
  const Facts& facts = at(v);
  return is_f32(v) && facts.activation && facts.feeds && !facts.master && !facts.returned;
}

bool Rounding::is_stored(Value v) const {
  const std::vector<std::int32_t>& readers = readers_[static_cast<std::size_t>(v.node)];
  return std::any_of(readers.begin(), readers.end(), [&](std::int32_t r) {
    const std::vector<Value>& inputs = node(r).inputs;
    const auto found = std::find(inputs.begin(), inputs.end(), v);
    if (found == inputs.end()) return false;
    if (moves(node(r))) return at({r, 0}).rounded;
    if (product(r) || half_inputs(graph_, node(r)) >> (found - inputs.begin()) & 1) return true;
    return is_elementwise(node(r)) && level(r) > levels_.behind(v.node);
  });
}

// True if the only reader of a product adds a bias: the sum is then rounded, not the product.
bool Rounding::gets_bias(std::int32_t product) const {
  const std::vector<std::int32_t>& readers = readers_[static_cast<std::size_t>(product)];
  if (readers.size() != 1 || node(readers[0]).op.name() != "add") return false;
  const std::vector<Value>& terms = node(readers[0]).inputs;
  const Value other = terms[0].node == product ? terms[1] : terms[0];
  return graph_.spec(other).shape.numel() < graph_.spec({product, 0}).shape.numel();
}

void Rounding::decide(std::int32_t n) {
  for (std::int32_t o = 0; o < static_cast<std::int32_t>(node(n).outputs.size()); ++o) {
    const Value v{n, o};
    if (may_round(v)) at(v).rounded = product(n) ? !gets_bias(n) : is_stored(v);
  }
}

}  // namespace weft::passes
