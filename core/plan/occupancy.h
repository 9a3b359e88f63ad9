// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/plan/plan.h"

namespace weft::plan {

// Bytes [begin, end).
struct Extent {
  std::int64_t begin = 0, end = 0;
};

// Bytes that placed blocks take, by time: a list for few blocks, else a tree over the times at which blocks begin. A
// tree node covers a stretch of time, with the bytes in use at some time of it and those in use throughout. Neighboring
// bytes become one extent, so that nodes of a well packed arena have few.
class Occupancy {
 public:
  explicit Occupancy(std::span<const Block> blocks);

  // Block `block` takes these bytes.
  void add(std::size_t block, Extent extent);
  // The bytes taken at any time at which the block is in use, in ascending order. Valid until the next call.
  const std::vector<Extent>& taken(std::size_t block);
  void clear();

 private:
  using Extents = std::vector<Extent>;  // ascending, with gaps in between
  // Numbers of the first and the last time.
  struct Times {
    std::int32_t first = 0, last = 0;
  };
  struct Placed {
    Times times;
    Extent extent;
  };
  struct Stretch {
    Extents some, always;
  };
  static bool meet(Times a, Times b) { return a.first <= b.last && b.first <= a.last; }
  static void append(Extents& extents, Extent next);
  static void insert(Extents& extents, Extent extent);
  void add(std::size_t node, Times stretch, Times block, Extent extent);
  void gather(std::size_t node, Times stretch, Times block);
  void join(const Extents& more);

  std::vector<Times> times_;   // per block
  std::vector<Placed> list_;   // ordered by the begin of the extent
  std::vector<Stretch> tree_;  // the children of node n are 2 n and 2 n + 1; the root is node 1
  Times all_;
  Extents taken_, joined_;
};

}  // namespace weft::plan
