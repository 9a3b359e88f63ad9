// SPDX-License-Identifier: Apache-2.0
#include "core/passes/fuse/groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace weft::testing {
using namespace passes;
namespace {

using Random = std::mt19937;

// A graph of nodes that each read up to three earlier ones, near ones mostly.
Graph random_graph(Random& random, std::int32_t count) {
  Graph graph;
  for (std::int32_t n = 0; n < count; ++n) {
    Node node{ir::OpId::of("any"), {}, {TensorSpec{}}, {}};
    for (auto reads = static_cast<int>(random() % 4); reads > 0 && n > 0; --reads) {
      const auto reach = static_cast<std::int32_t>(random() % 3 == 0 ? n : std::min(n, 5));
      node.inputs.push_back({n - 1 - static_cast<std::int32_t>(random() % static_cast<unsigned>(reach)), 0});
    }
    graph.append(std::move(node));
  }
  return graph;
}

// True if a path from a to b leads through a third group; looks at every edge of every path.
bool leads_around(const Graph& graph, const std::vector<int>& group, int a, int b) {
  std::set<int> reached{a};
  for (bool grown = true; grown;) {
    grown = false;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
      for (const Value v : graph.nodes[n].inputs) {
        const int from = group[static_cast<std::size_t>(v.node)], to = group[n];
        if (from == to || !reached.contains(from)) continue;
        if (to == b && from != a) return true;
        if (to != b) grown = reached.insert(to).second || grown;
      }
  }
  return false;
}

TEST(Groups, JoinWhereNoPathLeadsAround) {
  int joined = 0, refused = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    Random random(seed);
    const auto count = static_cast<std::int32_t>(5 + random() % 40);
    const Graph graph = random_graph(random, count);
    Groups groups(graph);
    std::vector<int> group;
    for (int n = 0; n < count; ++n) group.push_back(n);
    for (int step = 0; step < 3 * count; ++step) {
      const auto any = [&] { return static_cast<std::int32_t>(random() % static_cast<unsigned>(count)); };
      const std::int32_t x = any(), y = any();
      const int a = group[static_cast<std::size_t>(x)], b = group[static_cast<std::size_t>(y)];
      const bool may = a == b || !(leads_around(graph, group, a, b) || leads_around(graph, group, b, a));
      ASSERT_EQ(groups.join(groups.of(x), groups.of(y)), may) << "seed " << seed << ", step " << step;
      if (may) std::ranges::replace(group, b, a);
      if (a != b) ++(may ? joined : refused);
    }
    for (std::int32_t n = 0; n < count; ++n)
      for (std::int32_t m = 0; m < count; ++m)
        ASSERT_EQ(groups.of(n) == groups.of(m),
                  group[static_cast<std::size_t>(n)] == group[static_cast<std::size_t>(m)]);
  }
  EXPECT_GT(joined, 500);
  EXPECT_GT(refused, 500);
}

TEST(Groups, StandInAnOrderInWhichAllCanRun) {
  Random random(7);
  const Graph graph = random_graph(random, 200);
  Groups groups(graph);
  for (int step = 0; step < 400; ++step)
    groups.join(groups.of(static_cast<std::int32_t>(random() % 200)),
                groups.of(static_cast<std::int32_t>(random() % 200)));
  std::vector<bool> done(200, false);
  for (const std::int32_t group : groups.order()) {
    ASSERT_TRUE(std::ranges::is_sorted(groups.members(group)));
    for (const std::int32_t m : groups.members(group))
      for (const Value v : graph.nodes[static_cast<std::size_t>(m)].inputs)
        ASSERT_TRUE(done[static_cast<std::size_t>(v.node)] || groups.of(v.node) == group);
    for (const std::int32_t m : groups.members(group)) done[static_cast<std::size_t>(m)] = true;
  }
  EXPECT_TRUE(std::ranges::all_of(done, [](bool d) { return d; }));
}

// The gap behind one item is halved until none is left.
TEST(Order, MakesRoomWhereThereIsNone) {
  constexpr std::int32_t kCount = 100;
  Order order(kCount);
  std::vector<std::int32_t> expected;
  for (std::int32_t i = 0; i < kCount; ++i) expected.push_back(i);
  for (std::int32_t i = kCount - 1; i > 1; --i) {
    order.move_behind(0, std::vector{i});
    expected.erase(std::ranges::find(expected, i));
    expected.insert(expected.begin() + 1, i);
  }
  for (std::size_t i = 0; i + 1 < expected.size(); ++i) {
    EXPECT_TRUE(order.before(expected[i], expected[i + 1]));
    EXPECT_FALSE(order.before(expected[i + 1], expected[i]));
  }
}

TEST(Order, MovesItemsAsAListDoes) {
  constexpr std::int32_t kCount = 50;
  Random random(3);
  Order order(kCount);
  std::vector<std::int32_t> expected;
  for (std::int32_t i = 0; i < kCount; ++i) expected.push_back(i);
  for (int step = 0; step < 3000; ++step) {
    const auto place = static_cast<std::int32_t>(random() % kCount);
    std::vector<std::int32_t> moved;
    for (const std::int32_t i : expected)
      if (i != place && random() % 10 == 0) moved.push_back(i);
    for (const std::int32_t m : moved) expected.erase(std::ranges::find(expected, m));
    const bool behind = random() % 2 == 0;
    behind ? order.move_behind(place, moved) : order.move_before(place, moved);
    expected.insert(std::ranges::find(expected, place) + behind, moved.begin(), moved.end());
    for (std::size_t i = 0; i + 1 < expected.size(); ++i) ASSERT_TRUE(order.before(expected[i], expected[i + 1]));
  }
}

}  // namespace
}  // namespace weft::testing
