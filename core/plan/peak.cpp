// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/plan/plan.h"

namespace weft::plan {
namespace {

// Adds the uses of a value's block. Parts that other nodes computed into it (concat) count for those nodes, the rest
// for the owner.
void add_value(const ir::Graph& graph, const Plan& plan, const Block& block, std::vector<Use>& out) {
  std::int64_t rest = block.bytes;
  const ir::Node& node = graph.node(block.owner);
  const auto inside = [&](ir::Value v) {
    const Placement& at = plan.at(v);
    return at.kind == Placement::Kind::kArena && at.offset >= block.offset &&
           at.offset + at.bytes <= block.offset + block.bytes;
  };
  for (ir::Value v : node.inputs) {
    if (plan.at(block.owner).offset != block.offset || plan.at(v).bytes >= block.bytes || !inside(v)) continue;
    const std::int64_t bytes = plan.at(v).bytes;
    while (plan.at(v).alias) v = graph.node(v).inputs[0];
    out.push_back({block.use, v.node, bytes});
    rest -= bytes;
  }
  if (rest > 0) out.push_back({block.use, block.owner.node, rest});
}

}  // namespace

std::vector<Use> uses_at_peak(const ir::Graph& graph, const Plan& plan) {
  std::vector<Use> out;
  for (const Block& block : plan.blocks) {
    if (block.first > plan.peak_node || plan.peak_node > block.last) continue;
    if (block.use == Block::Use::kValue) {
      add_value(graph, plan, block, out);
    } else {
      out.push_back({block.use, block.owner.node, block.bytes});
    }
  }
  std::ranges::stable_sort(out, [](const Use& a, const Use& b) { return a.node < b.node; });
  return out;
}

}  // namespace weft::plan
