// SPDX-License-Identifier: Apache-2.0
#include "core/plan/occupancy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <vector>

namespace weft::testing {
using namespace plan;
namespace {

// Bytes one by one: those of placed blocks that are in use when block b is.
std::vector<bool> taken_bytes(const std::vector<Block>& blocks, const std::vector<std::size_t>& placed, std::size_t b) {
  std::vector<bool> out(1000, false);
  for (const std::size_t p : placed) {
    if (blocks[p].first > blocks[b].last || blocks[b].first > blocks[p].last) continue;
    for (std::int64_t i = 0; i < blocks[p].bytes; ++i) out[static_cast<std::size_t>(blocks[p].offset + i)] = true;
  }
  return out;
}

// The list of few blocks and the tree of many, twice each.
TEST(Occupancy, KnowsTheBytesOfBlocksInUse) {
  for (const std::size_t count : {20u, 200u, 600u}) {
    std::mt19937 random(static_cast<unsigned>(count));
    const auto below = [&](std::size_t n) { return static_cast<std::int32_t>(random() % n); };
    std::vector<Block> blocks;
    for (std::size_t i = 0; i < count; ++i) {
      const std::int32_t first = below(2 * count), lasts = below(3) == 0 ? below(2 * count) : below(5);
      blocks.push_back({Block::Use::kValue, {}, first, first + lasts, 1 + below(20), below(900)});
    }
    Occupancy occupancy(blocks);
    for (int round = 0; round < 2; ++round) {
      occupancy.clear();
      std::vector<std::size_t> placed;
      for (std::size_t b = 0; b < count; ++b) {
        std::vector<bool> bytes(1000, false);
        std::int64_t end = -1;
        for (const Extent& extent : occupancy.taken(b)) {
          ASSERT_GT(extent.begin, end) << "extents that touch are one";
          end = extent.end;
          for (std::int64_t i = extent.begin; i < end; ++i) bytes[static_cast<std::size_t>(i)] = true;
        }
        ASSERT_EQ(bytes, taken_bytes(blocks, placed, b)) << count << " blocks, block " << b;
        occupancy.add(b, {blocks[b].offset, blocks[b].offset + blocks[b].bytes});
        placed.push_back(b);
      }
    }
  }
}

}  // namespace
}  // namespace weft::testing
