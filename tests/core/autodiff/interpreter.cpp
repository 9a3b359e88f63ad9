// SPDX-License-Identifier: Apache-2.0
#include "tests/core/autodiff/interpreter.h"

#include <stdexcept>

#include "core/ops/pointwise.h"

namespace weft::testing {

std::size_t place(const Shape& shape, const Index& index) {
  std::int64_t at = 0;
  const std::size_t lead = index.size() - static_cast<std::size_t>(shape.rank());
  for (int i = 0; i < shape.rank(); ++i)
    at = at * shape[i] + (shape[i] == 1 ? 0 : index[lead + static_cast<std::size_t>(i)]);
  return static_cast<std::size_t>(at);
}

void each(const Shape& shape, const std::function<void(const Index&)>& f) {
  Index index(static_cast<std::size_t>(shape.rank()), 0);
  for (std::int64_t n = shape.numel(); n > 0; --n) {
    f(index);
    for (int i = shape.rank() - 1; i >= 0; --i) {
      if (++index[static_cast<std::size_t>(i)] < shape[i]) break;
      index[static_cast<std::size_t>(i)] = 0;
    }
  }
}

namespace {

const OpTable& table() {
  static const OpTable kTable = [] {
    OpTable t;
    add_elementwise(t);
    add_movement(t);
    add_indexing(t);
    add_reductions(t);
    add_conv(t);
    add_structured(t);
    add_pooling(t);
    add_resampling(t);
    return t;
  }();
  return kTable;
}

// Which nodes the wanted values depend on.
std::vector<bool> needed(const ir::Graph& graph, const std::vector<ir::Value>& wanted) {
  std::vector<bool> out(graph.nodes.size());
  for (const ir::Value v : wanted) out[static_cast<std::size_t>(v.node)] = true;
  for (std::size_t n = out.size(); n-- > 0;)
    if (out[n])
      for (const ir::Value v : graph.nodes[n].inputs) out[static_cast<std::size_t>(v.node)] = true;
  return out;
}

}  // namespace

Arrays evaluate(const ir::Graph& graph, const Arrays& inputs, const std::vector<ir::Value>& wanted) {
  std::map<ir::Value, Array> held;
  for (std::size_t i = 0; i < inputs.size(); ++i) held[graph.inputs[i].value] = inputs[i];
  const std::vector<bool> live = needed(graph, wanted);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const ir::Node& node = graph.nodes[n];
    if (!live[n] || node.op == ir::input_op()) continue;
    Arrays operands;
    for (const ir::Value v : node.inputs) operands.push_back(held.at(v));
    Arrays results;
    if (const ir::OpId base = ops::base_of_epilogue(node.op)) {
      Arrays front = table().at(base.name())(node, operands);
      const std::size_t further = node.region.graph->inputs.size() - front.size();
      front.insert(front.end(), operands.end() - static_cast<std::ptrdiff_t>(further), operands.end());
      operands = front;
    }
    if (node.region) {
      std::vector<ir::Value> outputs;
      for (const ir::Output& output : node.region.graph->outputs) outputs.push_back(output.value);
      results = evaluate(*node.region.graph, operands, outputs);
    } else {
      const auto found = table().find(node.op.name());
      if (found == table().end()) throw std::runtime_error("the interpreter has no op " + node.op.name());
      results = found->second(node, operands);
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (results[i].shape != node.outputs[i].shape) throw std::runtime_error("shape rule is wrong: " + node.op.name());
      held[{static_cast<std::int32_t>(n), static_cast<std::int32_t>(i)}] = results[i];
    }
  }
  Arrays out;
  for (const ir::Value v : wanted) out.push_back(held.at(v));
  return out;
}

}  // namespace weft::testing
