// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "core/passes/fuse/order.h"
#include "core/passes/rewrite.h"

namespace weft::passes {

// Node groups of a graph, each of which is to become one node. At first every node is a group of its own.
class Groups {
 public:
  explicit Groups(const Graph& graph);

  std::int32_t of(std::int32_t node) const { return group_[static_cast<std::size_t>(node)]; }
  // Members in the graph's order; empty for a group that was joined into another.
  const std::vector<std::int32_t>& members(std::int32_t group) const {
    return members_[static_cast<std::size_t>(group)];
  }
  // Joins two groups and returns true; false if a path between them leads through a third, because that would be a
  // cycle.
  bool join(std::int32_t a, std::int32_t b);
  // The groups in a topological order, as near to the graph's as there is.
  std::vector<std::int32_t> order() const;
  // The nodes that read an output of this one.
  const std::vector<std::int32_t>& readers(std::int32_t node) const { return readers_[static_cast<std::size_t>(node)]; }

 private:
  using Links = std::vector<std::vector<std::int32_t>>;  // per node: other nodes, each once

  // A search from a group along links, edge by edge.
  struct Walk {
    const Links& links;
    std::vector<std::int32_t> found;              // groups as the search came to them, its start first
    std::size_t group = 0, member = 0, link = 0;  // the next edge
  };
  struct Edge {
    std::int32_t from, to;  // groups
  };
  std::optional<Edge> next_edge(Walk& walk) const;
  bool path_around(Walk& after, Walk& before);
  void merge(std::int32_t into, std::int32_t from);

  std::vector<std::int32_t> group_;
  std::vector<std::vector<std::int32_t>> members_;
  Links readers_, sources_;
  Order order_;                     // a topological order of the groups
  std::vector<std::int64_t> seen_;  // per group: the number of the walk that came by last
  std::int64_t walks_ = 0;
};

// The graph, built group by group: `emit` adds nodes for a group's members and replaces the members' outputs.
Graph contract(const Graph& graph, const Groups& groups,
               const std::function<void(Rewriter&, const std::vector<std::int32_t>&)>& emit);

}  // namespace weft::passes
