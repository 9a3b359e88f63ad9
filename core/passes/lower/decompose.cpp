// SPDX-License-Identifier: Apache-2.0
#include "core/passes/lower/decompose.h"

#include "core/passes/rewrite.h"

namespace weft::passes {
namespace {

// The graph with the decompositions of the nodes that `apart` chooses.
Graph decomposed(const Graph& graph, bool (*apart)(const Node&)) {
  Rewriter to(graph);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.op == ir::input_op() || keeps_region(node, "decomposition") || !apart(node)) {
      to.keep(n);
      continue;
    }
    to.build().set_path(node.path);
    const std::vector<Value> parts = ops::find_op(node.op).decompose(to.build(), to.now(node.inputs), node.attributes);
    for (std::size_t o = 0; o < parts.size(); ++o)
      to.replace({static_cast<std::int32_t>(n), static_cast<std::int32_t>(o)}, parts[o]);
  }
  return to.finish();
}

bool is_fused_as_parts(const Node& node) {
  switch (*ops::find_op(node.op).facts.runs) {
    case ops::Runs::kKernel:
    case ops::Runs::kParts:
      return false;
    case ops::Runs::kPartsWhereFused:
      return true;
    case ops::Runs::kWidePartsWhereFused:
      return size_of(node.outputs[0].dtype) > 2;
  }
  return false;
}

bool has_no_kernel(const Node& node) { return ops::find_op(node.op).facts.runs == ops::Runs::kParts; }

}  // namespace

Graph expand(const Graph& graph) { return decomposed(graph, is_fused_as_parts); }

Graph take_apart(const Graph& graph) { return decomposed(graph, has_no_kernel); }

}  // namespace weft::passes
