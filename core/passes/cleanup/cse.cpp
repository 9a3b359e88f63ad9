// SPDX-License-Identifier: Apache-2.0
#include "core/passes/cleanup/cse.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/ops/roles.h"
#include "core/passes/rewrite.h"

namespace weft::passes {
namespace {

// Hash of a sequence of numbers.
class Hash {
 public:
  void add(std::uint64_t x) {
    state_ = (state_ ^ x) * 0x9e3779b97f4a7c15u;
    state_ ^= state_ >> 29;
  }
  template <class T>
  void add_all(const std::vector<T>& all) {
    for (const T& x : all) add(static_cast<std::uint64_t>(x));
  }
  std::size_t get() const { return static_cast<std::size_t>(state_); }

 private:
  std::uint64_t state_ = 0;
};

// Adds an attribute; equal attributes add the same numbers.
void add(Hash& hash, const ir::Attribute& attribute) {
  hash.add(attribute.index());
  if (const bool* flag = std::get_if<bool>(&attribute)) hash.add(*flag);
  if (const auto* integer = std::get_if<std::int64_t>(&attribute)) hash.add(static_cast<std::uint64_t>(*integer));
  if (const auto* real = std::get_if<ir::Real>(&attribute)) hash.add(real->bits());
  if (const auto* text = std::get_if<std::string>(&attribute)) hash.add(std::hash<std::string>()(*text));
  if (const auto* ints = std::get_if<ir::Ints>(&attribute)) hash.add_all(*ints);
  if (const DType* dtype = std::get_if<DType>(&attribute)) hash.add(static_cast<std::uint64_t>(*dtype));
}

std::size_t hash_of(const Node& node, const std::vector<Value>& operands) {
  Hash hash;
  hash.add(std::hash<const std::string*>()(&node.op.name()));
  for (const Value v : operands) {
    hash.add(static_cast<std::uint64_t>(v.node));
    hash.add(static_cast<std::uint64_t>(v.output));
  }
  for (const auto& [name, value] : node.attributes.rows()) add(hash, value);
  return hash.get();
}

// Copies the graph's nodes, one of those that are equal. `through`: barriers are left out. Errors name the pass.
void merge(const Graph& graph, Rewriter& to, bool through, std::string_view pass) {
  std::unordered_multimap<std::size_t, std::int32_t> seen;  // new nodes by hash_of()
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (through && ops::kind_of(node) == ops::Kind::kBarrier) {
      to.replace({static_cast<std::int32_t>(n), 0}, to.now(node.inputs[0]));
      continue;
    }
    if (node.op == ir::input_op() || ops::widens_half(graph, node)) {
      to.keep(n);
      continue;
    }
    // Nodes with regions are equal only if they hold the same graph object, because graphs are not compared.
    static_cast<void>(keeps_region(node, pass));
    const std::vector<Value> operands = to.now(node.inputs);
    const std::size_t key = hash_of(node, operands);
    const auto [first, last] = seen.equal_range(key);
    const auto same = [&](const auto& row) {
      const Node& other = to.graph().nodes[static_cast<std::size_t>(row.second)];
      return other.op == node.op && other.inputs == operands && other.region.kind == node.region.kind &&
             other.region.graph == node.region.graph && other.outputs == node.outputs &&
             other.attributes == node.attributes;
    };
    const auto found = std::find_if(first, last, same);
    if (found == last) {
      to.keep(n);
      seen.emplace(key, to.now({static_cast<std::int32_t>(n), 0}).node);
      continue;
    }
    for (std::int32_t o = 0; o < static_cast<std::int32_t>(node.outputs.size()); ++o)
      to.replace({static_cast<std::int32_t>(n), o}, {found->second, o});
  }
}

}  // namespace

Graph share(const Graph& graph) {
  Rewriter to(graph);
  merge(graph, to, false, "common subexpression elimination");
  return to.finish();
}

Merged merge_recomputed(const Graph& graph, std::string_view pass) {
  Rewriter to(graph);
  merge(graph, to, true, pass);
  std::vector<std::vector<Value>> now;
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    now.emplace_back();
    for (std::size_t o = 0; o < graph.nodes[n].outputs.size(); ++o)
      now.back().push_back(to.now({static_cast<std::int32_t>(n), static_cast<std::int32_t>(o)}));
  }
  return {to.finish(), std::move(now)};
}

}  // namespace weft::passes
