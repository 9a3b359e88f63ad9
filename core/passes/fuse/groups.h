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

// The nodes of a graph in groups, each of which is to become one node. At first every node is a group of its own.
class Groups {
 public:
  explicit Groups(const Graph& graph);

  std::int32_t of(std::int32_t node) const { return group_[static_cast<std::size_t>(node)]; }
  // In the graph's order. Empty for a group that was joined with another.
  const std::vector<std::int32_t>& members(std::int32_t group) const {
    return members_[static_cast<std::size_t>(group)];
  }
  // Makes one group of two, unless a path between them leads through a third: no order would be left in which
  // everything can run. Gives whether it did.
  bool join(std::int32_t a, std::int32_t b);
  // The groups in an order in which all can run, as near to the graph's as there is.
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
  Order order_;                     // one in which all groups can run
  std::vector<std::int64_t> seen_;  // per group: the number of the walk that came by last
  std::int64_t walks_ = 0;
};

// The graph with each group in its order: `emit` adds what stands for a group's members, in place of their outputs.
Graph contract(const Graph& graph, const Groups& groups,
               const std::function<void(Rewriter&, const std::vector<std::int32_t>&)>& emit);

}  // namespace weft::passes
