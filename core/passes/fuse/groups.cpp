// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/groups.h"

#include <algorithm>
#include <iterator>
#include <queue>

namespace weft::passes {
namespace {

std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }

}  // namespace

Groups::Groups(const Graph& graph)
    : members_(graph.nodes.size()),
      readers_(readers_of(graph)),
      sources_(graph.nodes.size()),
      order_(graph.nodes.size()),
      seen_(graph.nodes.size(), 0) {
  for (std::int32_t n = 0; n < static_cast<std::int32_t>(graph.nodes.size()); ++n) {
    group_.push_back(n);
    members_[at(n)] = {n};
    static_cast<void>(keeps_region(graph.nodes[at(n)], "fusion"));
    for (const std::int32_t r : readers_[at(n)]) sources_[at(r)].push_back(n);
  }
}

std::optional<Groups::Edge> Groups::next_edge(Walk& walk) const {
  while (walk.group < walk.found.size()) {
    const std::int32_t from = walk.found[walk.group];
    if (walk.member == members_[at(from)].size()) {
      ++walk.group;
      walk.member = 0;
      continue;
    }
    const std::vector<std::int32_t>& links = walk.links[at(members_[at(from)][walk.member])];
    if (walk.link < links.size()) return Edge{from, of(links[walk.link++])};
    ++walk.member;
    walk.link = 0;
  }
  return std::nullopt;
}

// True if a path between the two leads through a third group. Both ends search in turn, edge by edge, so that a search
// without a path costs twice the shorter one. The shorter walk is then at its end.
bool Groups::path_around(Walk& after, Walk& before) {
  const std::int32_t low = after.found[0], high = before.found[0];
  walks_ += 2;
  for (;;) {
    for (Walk* const walk : {&after, &before}) {
      const std::optional<Edge> edge = next_edge(*walk);
      if (!edge) return false;
      const auto [from, to] = *edge;
      if (to == (walk == &after ? high : low) && from != walk->found[0]) return true;
      if (!order_.before(low, to) || !order_.before(to, high)) continue;
      const std::int64_t own = walk == &after ? walks_ : walks_ - 1, other = walk == &after ? walks_ - 1 : walks_;
      if (seen_[at(to)] == own) continue;
      if (seen_[at(to)] == other) return true;
      seen_[at(to)] = own;
      walk->found.push_back(to);
    }
  }
}

bool Groups::join(std::int32_t a, std::int32_t b) {
  if (a == b) return true;
  if (order_.before(b, a)) std::swap(a, b);
  Walk after{readers_, {a}}, before{sources_, {b}};
  if (path_around(after, before)) return false;
  // The complete walk has all groups that must move: those that depend on `a` behind `b`, or those that `b` depends on
  // before `a`.
  const bool saw_after = after.group == after.found.size();
  std::vector<std::int32_t>& moved = saw_after ? after.found : before.found;
  moved.erase(moved.begin());
  std::ranges::sort(moved, [this](std::int32_t x, std::int32_t y) { return order_.before(x, y); });
  if (saw_after) {
    order_.move_behind(b, moved);
    merge(b, a);
  } else {
    order_.move_before(a, moved);
    merge(a, b);
  }
  return true;
}

void Groups::merge(std::int32_t into, std::int32_t from) {
  std::vector<std::int32_t> both;
  std::ranges::merge(members_[at(into)], members_[at(from)], std::back_inserter(both));
  members_[at(from)].clear();
  for (const std::int32_t member : both) group_[at(member)] = into;
  members_[at(into)] = std::move(both);
  order_.remove(from);
}

std::vector<std::int32_t> Groups::order() const {
  std::vector<int> waits(members_.size(), 0);
  std::vector<std::vector<std::int32_t>> next(members_.size());  // once per edge between nodes
  for (std::int32_t n = 0; n < static_cast<std::int32_t>(group_.size()); ++n) {
    for (const std::int32_t reader : readers_[at(n)]) {
      if (of(reader) == of(n)) continue;
      next[at(of(n))].push_back(of(reader));
      ++waits[at(of(reader))];
    }
  }
  // A group stands where its last member stood, unless a reader needs it earlier.
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

}  // namespace weft::passes
