// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "core/passes/rewrite.h"

namespace weft::passes {

bool moves(const Node& node);
bool is_elementwise(const Node& node);

// Level of every node: the largest number of products, reductions and opaque ops on a path to it. Elementwise nodes of
// one level can be one kernel; values that a deeper level reads are stored in between.
//
// A late node runs with its deeper readers instead of being stored. All late nodes depend on one value alone, which is
// stored anyway or has no more bytes than the results made of it. Examples: the mask of a ReLU from its output, the
// slope of a GELU from its input, both computed in the backward.
class Levels {
 public:
  explicit Levels(const ir::Graph& graph);

  int of(std::int32_t n) const { return level_[at(n)]; }
  // The level of the elementwise nodes that read node n's outputs.
  int behind(std::int32_t n) const { return level_[at(n)] + (light_[at(n)] ? 0 : 1); }
  bool late(std::int32_t n) const { return late_[at(n)]; }

 private:
  static std::size_t at(std::int32_t n) { return static_cast<std::size_t>(n); }
  const Node& node(std::int32_t n) const { return graph_.nodes[at(n)]; }
  bool in_cone(std::int32_t n) const { return cone_[at(n)] == cones_; }
  bool is_deep(std::int32_t n, int level) const { return elementwise_[at(n)] && of(n) > level; }
  void find_deadlines();
  bool depends_on_cone(Value v, std::int32_t n) const;
  std::vector<std::int32_t> grow_cone(Value v);
  void prune_cone(std::vector<std::int32_t>& cone, int level);
  bool is_stored_until(Value v, int level) const;
  void delay(Value v);

  const ir::Graph& graph_;
  std::vector<std::vector<std::int32_t>> readers_;  // per node
  std::vector<bool> returned_, light_, late_, elementwise_;
  std::vector<bool> may_be_late_;  // a function or a cast that is not returned
  std::vector<int> level_;
  // The deepest level L such that every reader is deeper than L, or may be late and has such readers itself. A cone of
  // a value from a deeper level cannot hold the node.
  std::vector<int> deadline_;
  std::vector<std::int32_t> cone_;  // per node: the last cone that held it
  std::int32_t cones_ = 0;
};

}  // namespace weft::passes
