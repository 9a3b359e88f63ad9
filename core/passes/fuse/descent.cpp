// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/descent.h"

#include <algorithm>

namespace weft::fusion {

Descent::Descent(const ir::Graph& graph) : number_(graph.nodes.size()), end_(graph.nodes.size()) {
  const std::size_t count = graph.nodes.size();
  std::vector<std::int32_t> parent(count, -1), size(count, 1);
  for (std::size_t n = count; n-- > 0;) {
    for (const ir::Value v : graph.nodes[n].inputs) parent[n] = std::max(parent[n], v.node);
    if (parent[n] >= 0) size[static_cast<std::size_t>(parent[n])] += size[n];
  }
  // A parent stands before its children, and hands out the numbers behind its own.
  std::vector<std::int32_t> free(count);
  std::int32_t free_root = 0;
  for (std::size_t n = 0; n < count; ++n) {
    std::int32_t& next = parent[n] < 0 ? free_root : free[static_cast<std::size_t>(parent[n])];
    number_[n] = next;
    end_[n] = next += size[n];
    free[n] = number_[n] + 1;
  }
}

}  // namespace weft::fusion
