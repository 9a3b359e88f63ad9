// SPDX-License-Identifier: Apache-2.0
#include "core/passes/lower/mixed_precision.h"

#include <map>
#include <utility>

#include "core/ops/roles.h"
#include "core/passes/lower/rounding.h"
#include "core/passes/rewrite.h"

namespace weft::passes {
namespace {

class Lowering {
 public:
  Lowering(const Graph& graph, DType half) : graph_(graph), half_(half), rounding_(graph), to_(graph) {}

  Graph lower() {
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      to_.build().set_path(graph_.nodes[n].path);
      // Fused nodes keep the dtypes that they were fused with.
      if (keeps_region(graph_.nodes[n], "mixed precision") || graph_.nodes[n].op == ir::input_op()) {
        to_.keep(n);
      } else {
        emit(static_cast<std::int32_t>(n));
      }
    }
    to_.build().set_path("");
    for (const ir::Output& output : graph_.outputs) to_.replace(output.value, wide(output.value, -1));
    return to_.finish();
  }

 private:
  bool is_narrow(Value old) {
    return graph_.spec(old).dtype == DType::kF32 && to_.build().dtype(to_.now(old)) == half_;
  }
  Value cast(Value x, DType dtype) { return to_.build().emit("cast", {x}, {{"dtype", dtype}}); }

  // One cast for each level, because a single one would keep an f32 tensor from the first reader to the last.
  Value wide(Value old, int level) {
    if (!is_narrow(old)) return to_.now(old);
    Value& known = wide_[{to_.now(old), level}];
    if (!known.defined()) known = cast(to_.now(old), DType::kF32);
    return known;
  }
  Value narrow(Value old) {
    if (is_narrow(old)) return to_.now(old);
    Value& known = narrow_[to_.now(old)];
    if (!known.defined()) known = cast(to_.now(old), half_);
    return known;
  }

  std::vector<Value> made(std::int32_t n) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(n)];
    if (rounding_.is_product(n)) {
      ir::Attributes attributes = node.attributes;
      if (!rounding_.rounds({n, 0})) attributes.set("dtype", DType::kF32);
      std::vector<Value> inputs;
      for (const Value v : node.inputs) inputs.push_back(narrow(v));
      return to_.build().emit_all(node.op, std::move(inputs), std::move(attributes));
    }
    const unsigned as_stored = rounding_.taken_as_stored(n);
    std::vector<Value> inputs;
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Value v = node.inputs[i];
      inputs.push_back(as_stored >> i & 1 ? to_.now(v) : wide(v, rounding_.level(n)));
    }
    if (as_stored) return to_.build().emit_all(node.op, std::move(inputs), node.attributes);
    Node same = node;
    same.inputs = std::move(inputs);
    const Value first = to_.graph().append(std::move(same));
    std::vector<Value> outputs;
    for (std::int32_t o = 0; o < static_cast<std::int32_t>(node.outputs.size()); ++o)
      outputs.push_back({first.node, o});
    return outputs;
  }

  void emit(std::int32_t n) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(n)];
    if (ops::kind_of(node) == ops::Kind::kBarrier) {  // in the dtype of its operand
      to_.replace({n, 0}, to_.build().emit(node.op, to_.now(node.inputs)));
      return;
    }
    const std::vector<Value> outputs = made(n);
    for (std::size_t o = 0; o < outputs.size(); ++o) {
      const Value old{n, static_cast<std::int32_t>(o)};
      to_.replace(old, outputs[o]);
      if (rounding_.rounds(old)) to_.replace(old, narrow(old));
    }
  }

  const Graph& graph_;
  DType half_;
  Rounding rounding_;
  Rewriter to_;
  std::map<std::pair<Value, int>, Value> wide_;  // by stored value and level of the reader
  std::map<Value, Value> narrow_;
};

}  // namespace

Graph lower_precision(const Graph& graph, DType half) { return Lowering(graph, half).lower(); }

}  // namespace weft::passes
