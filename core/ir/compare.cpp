// SPDX-License-Identifier: Apache-2.0
#include "core/ir/compare.h"

#include <algorithm>
#include <bit>

namespace weft::ir {
namespace {

bool same_row(const std::pair<std::string, Attribute>& a, const std::pair<std::string, Attribute>& b) {
  if (a.first != b.first) return false;
  const auto* x = std::get_if<double>(&a.second);
  const auto* y = std::get_if<double>(&b.second);
  if (x && y) return std::bit_cast<std::uint64_t>(*x) == std::bit_cast<std::uint64_t>(*y);
  return a.second == b.second;
}

bool same_node(const Node& a, const Node& b) {
  if (a.op != b.op || a.inputs != b.inputs || a.outputs != b.outputs || !same(a.attributes, b.attributes)) return false;
  if (a.region.kind != b.region.kind) return false;
  if (a.region.graph == b.region.graph) return true;
  return a.region && b.region && same(*a.region.graph, *b.region.graph);
}

bool same_input(const Input& a, const Input& b) { return a.value == b.value && a.kind == b.kind && a.name == b.name; }

bool same_output(const Output& a, const Output& b) { return a.value == b.value && a.name == b.name; }

}  // namespace

bool same(const Attributes& a, const Attributes& b) { return std::ranges::equal(a.rows(), b.rows(), same_row); }

bool same(const Graph& a, const Graph& b) {
  return std::ranges::equal(a.nodes, b.nodes, same_node) && std::ranges::equal(a.inputs, b.inputs, same_input) &&
         std::ranges::equal(a.outputs, b.outputs, same_output);
}

}  // namespace weft::ir
