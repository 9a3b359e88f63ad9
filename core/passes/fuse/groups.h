// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <vector>

#include "core/passes/rewrite.h"

namespace weft::fusion {

// The nodes of a graph in groups, each of which is to become one node. At first every node is a group of its own.
class Groups {
 public:
  explicit Groups(const Graph& graph);

  std::int32_t of(std::int32_t node) const { return group_[static_cast<std::size_t>(node)]; }
  // In the graph's order. Empty for a group that was joined with another.
  const std::vector<std::int32_t>& members(std::int32_t group) const {
    return members_[static_cast<std::size_t>(group)];
  }
  // Whether two groups as one would still leave an order in which everything can run: no path between them leads
  // through a third.
  bool may_join(std::int32_t a, std::int32_t b) const;
  // Gives the group that holds both from now on.
  std::int32_t join(std::int32_t a, std::int32_t b);
  // The groups in an order in which all can run, as near to the graph's as there is.
  std::vector<std::int32_t> order() const;
  // The nodes that read an output of this one.
  const std::vector<std::int32_t>& readers(std::int32_t node) const { return readers_[static_cast<std::size_t>(node)]; }

 private:
  bool reaches_around(std::int32_t from, std::int32_t to) const;

  std::vector<std::int32_t> group_;
  std::vector<std::vector<std::int32_t>> members_, readers_;
  mutable std::vector<std::int32_t> visited_;  // per group: the search that came by last
  mutable std::int32_t search_ = 0;
};

// The graph with each group in its order: `emit` adds what stands for a group's members, in place of their outputs.
Graph contract(const Graph& graph, const Groups& groups,
               const std::function<void(Rewriter&, const std::vector<std::int32_t>&)>& emit);

}  // namespace weft::fusion
