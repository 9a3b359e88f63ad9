// SPDX-License-Identifier: Apache-2.0
#include "weft/detail/elementwise_trace.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/api/trace/tracer.h"
#include "core/ir/prune.h"
#include "core/ops/roles.h"

namespace weft::detail {
namespace {

// A trace without the next states of the generators that it draws from.
struct Traced {
  ir::Graph graph;
  std::vector<std::int32_t> states;  // nodes that are inputs for the generators' states
};

Traced traced(const std::function<std::vector<Tensor>(const Shape&)>& f, const Shape& shape) {
  Tracer tracer(std::nullopt);
  Trace trace = tracer.finish(f(shape), std::nullopt);
  for (auto draws = trace.draws.rbegin(); draws != trace.draws.rend(); ++draws)
    trace.graph.outputs.erase(trace.graph.outputs.begin() + static_cast<std::ptrdiff_t>(draws->output));
  Traced out{ir::prune(trace.graph), {}};
  for (const Trace::Draws& draws : trace.draws) out.states.push_back(out.graph.inputs[draws.input].value.node);
  return out;
}

bool is_elementwise(const ir::Node& node, const Shape& shape) {
  const ops::Kind kind = ops::kind_of(node);
  if (kind != ops::Kind::kElementwise && kind != ops::Kind::kDraw && !ops::is_constant(node)) return false;
  return std::all_of(node.outputs.begin(), node.outputs.end(),
                     [&](const TensorSpec& spec) { return spec.shape == shape || spec.shape.rank() == 0; });
}

// True if two nodes differ at most in their shape.
bool alike(const ir::Node& a, const ir::Node& b) {
  if (a.op != b.op || a.inputs != b.inputs || a.attributes.rows().size() != b.attributes.rows().size()) return false;
  for (std::size_t i = 0; i < a.attributes.rows().size(); ++i)
    if (a.attributes.rows()[i] != b.attributes.rows()[i] && a.attributes.rows()[i].first != "shape") return false;
  return true;
}

bool alike(const ir::Graph& a, const ir::Graph& b) {
  const auto same_value = [](const ir::Output& x, const ir::Output& y) { return x.value == y.value; };
  return std::equal(a.nodes.begin(), a.nodes.end(), b.nodes.begin(), b.nodes.end(),
                    [](const ir::Node& x, const ir::Node& y) { return alike(x, y); }) &&
         std::equal(a.outputs.begin(), a.outputs.end(), b.outputs.begin(), b.outputs.end(), same_value);
}

}  // namespace

bool traces_elementwise(const std::function<std::vector<Tensor>(const Shape&)>& f, const std::vector<Shape>& shapes) {
  ir::Graph first;
  bool elementwise = true;
  for (const Shape& shape : shapes) {
    auto [graph, states] = traced(f, shape);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const bool is_state = std::find(states.begin(), states.end(), static_cast<std::int32_t>(i)) != states.end();
      elementwise = elementwise && (is_state || is_elementwise(graph.nodes[i], shape));
    }
    if (first.nodes.empty())
      first = std::move(graph);
    else
      elementwise = elementwise && alike(first, graph);
  }
  return elementwise;
}

}  // namespace weft::detail
