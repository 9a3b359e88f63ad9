// SPDX-License-Identifier: Apache-2.0
#include "core/passes/cleanup/cse.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/passes/rewrite.h"

namespace weft::fusion {
namespace {

// Equal to the bit: 0 and -0 compare equal, and are not the same.
bool identical(const ir::Attributes& a, const ir::Attributes& b) {
  if (!(a == b)) return false;
  for (std::size_t i = 0; i < a.rows().size(); ++i) {
    const double* x = std::get_if<double>(&a.rows()[i].second);
    if (x && std::signbit(*x) != std::signbit(std::get<double>(b.rows()[i].second))) return false;
  }
  return true;
}

// A 16-bit tensor read as f32: cheaper cast by each reader than kept in between.
bool widens_half(const Graph& graph, const Node& node) {
  return node.op.name() == "cast" && size_of(graph.spec(node.inputs[0]).dtype) == 2;
}

}  // namespace

Graph share(const Graph& graph) {
  Rewriter to(graph);
  std::map<std::pair<std::string, std::vector<Value>>, std::vector<std::int32_t>> seen;  // new nodes by op and operands
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.op == ir::input_op() || widens_half(graph, node)) {
      to.keep(n);
      continue;
    }
    auto& candidates = seen[{node.op.name(), to.now(node.inputs)}];
    const auto same = [&](std::int32_t other) {
      const Node& o = to.graph().nodes[static_cast<std::size_t>(other)];
      return identical(o.attributes, node.attributes) && o.body == node.body && o.outputs == node.outputs;
    };
    const auto found = std::find_if(candidates.begin(), candidates.end(), same);
    if (found == candidates.end()) {
      to.keep(n);
      candidates.push_back(to.now({static_cast<std::int32_t>(n), 0}).node);
      continue;
    }
    for (std::int32_t o = 0; o < static_cast<std::int32_t>(node.outputs.size()); ++o)
      to.replace({static_cast<std::int32_t>(n), o}, {*found, o});
  }
  return to.finish();
}

}  // namespace weft::fusion
