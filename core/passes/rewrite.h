// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/ops/op.h"

// Copies a graph node by node while some of its values are replaced. The common part of all passes.
namespace weft::passes {

using ir::Graph;
using ir::Node;
using ir::Value;

class Rewriter {
 public:
  explicit Rewriter(const Graph& from);

  // The value in the new graph that stands for an old one.
  Value now(Value old) const { return map_[at(old.node)][at(old.output)]; }
  std::vector<Value> now(const std::vector<Value>& old) const;
  void replace(Value old, Value value) { map_[at(old.node)][at(old.output)] = value; }
  // Copies node n of the old graph, its inputs replaced.
  void keep(std::size_t n);
  // Adds nodes to the new graph; set_path() comes first.
  ops::Builder& build() { return build_; }
  Graph& graph() { return graph_; }
  // The new graph with its outputs.
  Graph finish();

 private:
  static std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }

  const Graph& from_;
  Graph graph_;
  ops::Builder build_;
  std::vector<std::vector<Value>> map_;  // [old node][output]
  std::size_t next_input_ = 0;
};

// Number of uses of each value [node][output]: inputs of nodes and outputs of the graph.
std::vector<std::vector<int>> count_uses(const Graph& graph);

// Per node: the nodes that read it, each once and in the graph's order.
std::vector<std::vector<std::int32_t>> readers_of(const Graph& graph);

// True if the node has a region that `pass` keeps as one piece. Throws ValueError for kinds of regions whose nodes the
// pass would have to see.
bool keeps_region(const Node& node, std::string_view pass);

}  // namespace weft::passes
