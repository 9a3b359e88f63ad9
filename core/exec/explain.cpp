// SPDX-License-Identifier: Apache-2.0
#include "core/exec/explain.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "core/ops/cost.h"
#include "core/ops/memory.h"
#include "core/ops/pointwise.h"
#include "core/ops/roles.h"

namespace weft::exec {
namespace {

// Counts the bytes of concat and pack. Only parts that the plan does not place in the result are copied.
void count_parts(const Executable& program, std::size_t n, const std::vector<std::int64_t>& parts, CallCost& cost) {
  const ir::Node& node = program.graph().nodes[n];
  const plan::Placement& whole = program.plan().values[n][0];
  std::int64_t gaps = whole.bytes;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const plan::Placement& part = program.plan().at(node.inputs[k]);
    gaps -= part.bytes;
    const bool there = part.input == whole.input && part.offset == whole.offset + parts[k];
    if (there) continue;
    cost.read += part.bytes;
    cost.written += part.bytes;
  }
  cost.written += gaps;
}

}  // namespace

CallCost cost_of(const Executable& program, std::size_t step) {
  const std::size_t n = program.prepared_calls()[step].node;
  const ir::Graph& graph = program.graph();
  const ir::Node& node = graph.nodes[n];
  CallCost cost{.flops = ops::flops(graph, node)};
  if (!node.inputs.empty()) cost.dtype = graph.spec(node.inputs[0]).dtype;
  if (const std::vector<std::int64_t> parts = ops::part_offsets(graph, node); !parts.empty()) {
    count_parts(program, n, parts, cost);
    return cost;
  }
  for (std::size_t o = 0; o < node.outputs.size(); ++o)
    if (program.plan().values[n][o].kind != plan::Placement::Kind::kUnused) cost.written += node.outputs[o].bytes();
  std::set<ir::Value> read;
  for (std::size_t i = 0; i < node.inputs.size(); ++i)
    if (read.insert(node.inputs[i]).second) cost.read += ops::bytes_read(graph, node, i);
  return cost;
}

std::string fused_ops(const ir::Node& node) {
  if (!node.region) return "";
  std::vector<std::pair<std::string, int>> ops;
  const auto add = [&](const std::string& op) {
    const auto same = std::ranges::find(ops, op, &std::pair<std::string, int>::first);
    if (same == ops.end()) {
      ops.emplace_back(op, 1);
    } else {
      ++same->second;
    }
  };
  if (const ir::OpId base = ops::base_of_epilogue(node.op)) add(base.name());
  for (const ir::Node& inner : node.region.graph->nodes)
    if (inner.op != ir::input_op() && !ops::is_constant(inner)) add(inner.op.name());
  std::string out;
  for (const auto& [op, count] : ops)
    out += (out.empty() ? "" : ", ") + op + (count > 1 ? " x" + std::to_string(count) : "");
  return out;
}

}  // namespace weft::exec
