// SPDX-License-Identifier: Apache-2.0
#include "weft/detail/elementwise_trace.h"

#include <algorithm>

#include "core/api/trace/tracer.h"
#include "core/ir/prune.h"
#include "core/ops/roles.h"

namespace weft::detail {
namespace {

ir::Graph traced(const std::function<std::vector<Tensor>(const Shape&)>& f, const Shape& shape) {
  Tracer tracer(std::nullopt);
  return ir::prune(tracer.finish(f(shape), std::nullopt).graph);
}

bool is_elementwise(const ir::Node& node, const Shape& shape) {
  if (ops::kind_of(node) != ops::Kind::kElementwise && !ops::is_constant(node)) return false;
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
    ir::Graph graph = traced(f, shape);
    elementwise = elementwise && std::all_of(graph.nodes.begin(), graph.nodes.end(),
                                             [&](const ir::Node& node) { return is_elementwise(node, shape); });
    if (first.nodes.empty())
      first = std::move(graph);
    else
      elementwise = elementwise && alike(first, graph);
  }
  return elementwise;
}

}  // namespace weft::detail
