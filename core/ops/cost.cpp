// SPDX-License-Identifier: Apache-2.0
#include "core/ops/cost.h"

#include "core/ops/pointwise.h"

namespace weft::ops {
namespace {

double of_region(const Graph& graph, const Node& node) {
  double sum = 0;
  for (const Node& inner : node.region.graph->nodes) sum += flops(*node.region.graph, inner);
  switch (node.region.kind) {
    case ir::Region::Kind::kElementwise:
      return sum;
    case ir::Region::Kind::kEpilogue: {
      const BaseOp base(graph, node);
      return sum + base.def().facts.flops(base.signature());
    }
    case ir::Region::Kind::kLoop:
      ir::refuse_region(node, "the cost model");
  }
  return sum;
}

}  // namespace

double flops(const Graph& graph, const Node& node) {
  if (node.op == ir::input_op()) return 0;
  return node.region ? of_region(graph, node) : find_op(node.op).facts.flops({graph, node});
}

std::int64_t bytes_read(const Graph& graph, const Node& node, std::size_t input) {
  return find_op(node.op).facts.bytes_read({graph, node}, input);
}

}  // namespace weft::ops
