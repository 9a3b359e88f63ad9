// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "core/ir/graph.h"

namespace weft::fusion {

// Some of the paths of a graph, answered at once: those along a tree in which the parent of a node is the last of the
// nodes that it reads. A long program is one long branch of it, through the loss and back.
class Descent {
 public:
  explicit Descent(const ir::Graph& graph);

  // A node's number; those of its descendants follow right after it.
  std::int32_t number(std::int32_t node) const { return number_[static_cast<std::size_t>(node)]; }
  // One past the last number of the node's descendants.
  std::int32_t end(std::int32_t node) const { return end_[static_cast<std::size_t>(node)]; }

 private:
  std::vector<std::int32_t> number_, end_;
};

}  // namespace weft::fusion
