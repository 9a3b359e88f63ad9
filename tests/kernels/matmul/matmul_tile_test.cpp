// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "kernels/matmul/tile.h"

namespace weft::testing {
using namespace kernels;
namespace {

#if defined(__x86_64__)

// Bit 2 and 6 of XINUSE: the upper halves of ymm0-15 and zmm0-15 hold something.
constexpr unsigned kUpperHalves = 1u << 2 | 1u << 6;

bool can_ask() {
  unsigned a = 0xD, b = 0, c = 1, d = 0;
  asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return __builtin_cpu_supports("avx") && (a & 4u) != 0;
}

unsigned state_in_use() {
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
  return low;
}

// SSE code that runs after AVX code which left them in use is up to 70 times slower, all over the process.
TEST(MatmulTile, LeavesNoVectorStateInUse) {
  if (!can_ask()) GTEST_SKIP() << "this processor does not tell which vector state is in use";
  const std::vector<float> a(48 * 32, 1.0f), b(32 * 64, 1.0f);
  std::vector<float> c(48 * 64);
  const TileKernel<float> tile({48, 64, 32, 32, 64, 64, false, false});
  tile(a.data(), b.data(), c.data());
  EXPECT_EQ(state_in_use() & kUpperHalves, 0u);
  EXPECT_EQ(c.front(), 32.0f);
}

#endif

}  // namespace
}  // namespace weft::testing
