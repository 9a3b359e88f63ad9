// SPDX-License-Identifier: Apache-2.0
#include "core/passes/lower/decompose.h"

#include "core/ops/build.h"
#include "core/passes/rewrite.h"

namespace weft::fusion {
namespace {

Value mean(ops::Builder& build, Value x, const ir::Attributes& attributes) {
  const Value total = build.emit("sum", {x}, attributes);
  const auto count = static_cast<double>(ops::count_over(build.shape(x), attributes.ints("axes")));
  return build.emit("divide", {total, ops::full(build, {}, build.dtype(x), count)});
}

}  // namespace

Graph expand(const Graph& graph) {
  Rewriter to(graph);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    const Value here{static_cast<std::int32_t>(n), 0};
    const std::string& op = node.op.name();
    to.build().set_path(node.path);
    if (keeps_region(node, "decomposition")) {
      to.keep(n);
    } else if (op == "dropout") {
      const std::vector<Value> inputs = to.now(node.inputs);
      to.replace(here, ops::find_op(node.op).decompose(to.build(), inputs, node.attributes)[0]);
    } else if (op == "mean" && (node.outputs[0].dtype == DType::kF32 || node.outputs[0].dtype == DType::kF64)) {
      to.replace(here, mean(to.build(), to.now(node.inputs[0]), node.attributes));
    } else {
      to.keep(n);
    }
  }
  return to.finish();
}

Graph take_apart(const Graph& graph) {
  Rewriter to(graph);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.op == ir::input_op() || keeps_region(node, "decomposition") || !ops::find_op(node.op).composed) {
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

}  // namespace weft::fusion
