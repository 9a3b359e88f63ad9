// SPDX-License-Identifier: Apache-2.0
#include "core/plan/place.h"

#include <gtest/gtest.h>

namespace weft::testing {
using namespace plan;
namespace {

Block block(std::int64_t units, std::int32_t first, std::int32_t last) {
  Block b;
  b.bytes = units * kAlignment;
  b.first = first;
  b.last = last;
  return b;
}

TEST(Place, TheSmallestGapThatHoldsABlockGetsIt) {
  // At time 5 there are gaps of 10 and of 8 units, where the first and the third block were.
  std::vector<Block> blocks{block(10, 0, 1), block(9, 0, 5), block(8, 0, 0), block(7, 0, 5), block(6, 5, 5)};
  const Load peak = peak_load(blocks, 6, 0);
  EXPECT_EQ(peak.bytes, 34 * kAlignment);
  EXPECT_EQ(peak.node, 0);
  EXPECT_EQ(place(blocks, 0, peak.bytes), 34 * kAlignment);
  EXPECT_EQ(blocks[4].offset, 19 * kAlignment);
}

TEST(Place, RedZonesCountInTheBoundAndInTheSize) {
  std::vector<Block> blocks{block(1, 0, 1), block(2, 1, 1)};
  const Load peak = peak_load(blocks, 2, 10);
  EXPECT_EQ(peak.bytes, (1 + 1 + 1 + 2 + 1) * kAlignment);
  EXPECT_EQ(peak.node, 1);
  EXPECT_EQ(place(blocks, 10, peak.bytes), peak.bytes);
}

TEST(Place, NothingTakesNothing) {
  std::vector<Block> none;
  EXPECT_EQ(peak_load(none, 3, 0).bytes, 0);
  EXPECT_EQ(place(none, 0, 0), 0);
}

}  // namespace
}  // namespace weft::testing
