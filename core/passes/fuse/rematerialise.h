// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "core/passes/rewrite.h"

namespace weft::fusion {

// Gives elements of its first operand as they are.
bool moves(const Node& node);
// A function, a cast or a dropout.
bool is_elementwise(const Node& node);

// How late nodes run. The level of a node is the largest number of nodes that are not elementwise on a way to it:
// elementwise nodes of one level can be one kernel, and what a deeper level reads is stored in between.
//
// A node is late where it can as well run with its deeper readers: all it depends on is one value, and to store that is
// no dearer than to store what is made of it, or it is stored until then anyway. So the mask of a ReLU is taken from
// its output, and the slope of a GELU from its input, where the gradient is computed.
class Levels {
 public:
  explicit Levels(const ir::Graph& graph);

  int of(std::int32_t n) const { return level_[at(n)]; }
  // Of the elementwise nodes that read its outputs.
  int behind(std::int32_t n) const { return level_[at(n)] + (light_[at(n)] ? 0 : 1); }
  bool late(std::int32_t n) const { return late_[at(n)]; }

 private:
  static std::size_t at(std::int32_t n) { return static_cast<std::size_t>(n); }
  const Node& node(std::int32_t n) const { return graph_.nodes[at(n)]; }
  bool may_depend_on(Value v, std::int32_t n, const std::vector<std::int32_t>& cone) const;
  bool may_wait(Value v, std::int32_t n, const std::vector<std::int32_t>& cone) const;
  std::vector<std::int32_t> cone_of(Value v) const;
  bool is_stored_until(Value v, int level, const std::vector<std::int32_t>& cone) const;
  void delay(Value v);

  const ir::Graph& graph_;
  std::vector<std::vector<std::int32_t>> readers_;  // of a node's outputs
  std::vector<bool> returned_, light_, late_;
  std::vector<int> level_;
};

}  // namespace weft::fusion
