// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
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

// The target is chosen once, so that a process which begins with WEFT_ISA in its environment has to be asked.
TEST(MatmulTile, IsMadeForWhatWeftIsaLeaves) {
  if (!__builtin_cpu_supports("avx512f")) GTEST_SKIP() << "without AVX-512 there is nothing to leave out";
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto ends_with_target = [](std::string_view target) {
    std::cerr << "made for " << tile_target();
    std::exit(tile_target() == target || tile_target().empty() ? 0 : 1);
  };
  const char* const before = std::getenv("WEFT_ISA");
  const std::string kept = before ? before : "";
  setenv("WEFT_ISA", "avx2", 1);
  EXPECT_EXIT(ends_with_target("hsw"), ::testing::ExitedWithCode(0), "");
  setenv("WEFT_ISA", "baseline", 1);
  EXPECT_EXIT(ends_with_target("wsm"), ::testing::ExitedWithCode(0), "");
  before ? setenv("WEFT_ISA", kept.c_str(), 1) : unsetenv("WEFT_ISA");
}

#endif

}  // namespace
}  // namespace weft::testing
