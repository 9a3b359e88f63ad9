// SPDX-License-Identifier: Apache-2.0
#include "core/ir/compare.h"

#include <algorithm>

namespace weft::ir {
namespace {

bool same_node(const Node& a, const Node& b) {
  if (a.op != b.op || a.inputs != b.inputs || a.outputs != b.outputs || a.attributes != b.attributes) return false;
  if (a.region.kind != b.region.kind) return false;
  if (a.region.graph == b.region.graph) return true;
  return a.region && b.region && same(*a.region.graph, *b.region.graph);
}

bool same_input(const Input& a, const Input& b) { return a.value == b.value && a.kind == b.kind && a.name == b.name; }

bool same_output(const Output& a, const Output& b) { return a.value == b.value && a.name == b.name; }

}  // namespace

bool same(const Graph& a, const Graph& b) {
  return std::ranges::equal(a.nodes, b.nodes, same_node) && std::ranges::equal(a.inputs, b.inputs, same_input) &&
         std::ranges::equal(a.outputs, b.outputs, same_output);
}

}  // namespace weft::ir
