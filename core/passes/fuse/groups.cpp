// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/groups.h"

#include <algorithm>
#include <iterator>
#include <queue>
#include <set>

namespace weft::fusion {
namespace {

std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }

}  // namespace

Groups::Groups(const Graph& graph)
    : members_(graph.nodes.size()), readers_(graph.nodes.size()), visited_(graph.nodes.size(), 0) {
  for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph.nodes.size()); ++n) {
    group_.push_back(n);
    members_[at(n)] = {n};
    for (const Value v : graph.nodes[at(n)].inputs)
      if (readers_[at(v.node)].empty() || readers_[at(v.node)].back() != n) readers_[at(v.node)].push_back(n);
  }
}

bool Groups::reaches_around(std::int32_t from, std::int32_t to) const {
  ++search_;
  std::vector<std::int32_t> open{from};
  visited_[at(from)] = search_;
  while (!open.empty()) {
    const std::int32_t group = open.back();
    open.pop_back();
    for (const std::int32_t member : members_[at(group)]) {
      for (const std::int32_t reader : readers_[at(member)]) {
        const std::int32_t next = of(reader);
        if (next == to) {
          if (group != from) return true;
          continue;
        }
        if (visited_[at(next)] == search_) continue;
        visited_[at(next)] = search_;
        open.push_back(next);
      }
    }
  }
  return false;
}

bool Groups::may_join(std::int32_t a, std::int32_t b) const { return !reaches_around(a, b) && !reaches_around(b, a); }

std::int32_t Groups::join(std::int32_t a, std::int32_t b) {
  if (a == b) return a;
  std::vector<std::int32_t> both;
  std::merge(members_[at(a)].begin(), members_[at(a)].end(), members_[at(b)].begin(), members_[at(b)].end(),
             std::back_inserter(both));
  members_[at(b)].clear();
  for (const std::int32_t member : both) group_[at(member)] = a;
  members_[at(a)] = std::move(both);
  return a;
}

std::vector<std::int32_t> Groups::order() const {
  std::vector<int> waits(members_.size(), 0);
  std::vector<std::set<std::int32_t>> next(members_.size());
  for (std::int32_t n = 0; n < static_cast<std::int32_t>(group_.size()); ++n)
    for (const std::int32_t reader : readers_[at(n)])
      if (of(reader) != of(n) && next[at(of(n))].insert(of(reader)).second) ++waits[at(of(reader))];
  // A group stands where its last member stood, unless somebody needs it earlier.
  const auto later = [&](std::int32_t a, std::int32_t b) { return members_[at(a)].back() > members_[at(b)].back(); };
  std::priority_queue<std::int32_t, std::vector<std::int32_t>, decltype(later)> ready(later);
  for (std::int32_t g = 0; g < static_cast<std::int32_t>(members_.size()); ++g)
    if (!members_[at(g)].empty() && waits[at(g)] == 0) ready.push(g);
  std::vector<std::int32_t> out;
  while (!ready.empty()) {
    const std::int32_t group = ready.top();
    ready.pop();
    out.push_back(group);
    for (const std::int32_t after : next[at(group)])
      if (--waits[at(after)] == 0) ready.push(after);
  }
  return out;
}

Graph contract(const Graph& graph, const Groups& groups,
               const std::function<void(Rewriter&, const std::vector<std::int32_t>&)>& emit) {
  Rewriter to(graph);
  for (const std::int32_t group : groups.order()) emit(to, groups.members(group));
  return to.finish();
}

}  // namespace weft::fusion
