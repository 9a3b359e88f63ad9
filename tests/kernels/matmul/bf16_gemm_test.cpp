// SPDX-License-Identifier: Apache-2.0
#include "kernels/matmul/bf16_gemm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "weft/device.h"

namespace weft::testing {
using namespace kernels;
namespace {

using bf16_units::Kind;

// Small whole numbers: their products and sums are exact, so that every order of adding gives the same bits.
std::vector<bf16> whole_numbers(std::int64_t count, std::uint32_t seed) {
  std::vector<bf16> out;
  for (std::int64_t i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    out.emplace_back(static_cast<float>(static_cast<int>(seed >> 29) - 3));
  }
  return out;
}

// Every kind of units up to this machine's best one.
std::vector<Kind> kinds() {
  switch (bf16_units::best()) {
    case Kind::kNone:
      break;
    case Kind::kAvx512:
      return {Kind::kAvx512};
    case Kind::kAmx:
      return {Kind::kAvx512, Kind::kAmx};
  }
  return {};
}

void expect_product(const GemmProblem& p, Kind kind) {
  const std::vector<bf16> a = whole_numbers(p.m * p.k, 1), b = whole_numbers(p.k * p.n, 2);
  const Bf16Gemm<float> into_f32(p, kind);
  const Bf16Gemm<bf16> into_bf16(p, kind);
  std::vector<bf16> space(into_f32.workspace() / sizeof(bf16) + 1);
  const std::size_t count = static_cast<std::size_t>(p.m * p.n);
  std::vector<float> wide(count + 1, -1);
  std::vector<bf16> narrow(count + 1, bf16(-1.0f));
  into_f32.run(a.data(), b.data(), wide.data(), space.data());
  into_bf16.run(a.data(), b.data(), narrow.data(), space.data());
  const auto at = [](const std::vector<bf16>& x, std::int64_t i) {
    return static_cast<float>(x[static_cast<std::size_t>(i)]);
  };
  for (std::int64_t i = 0; i < p.m; ++i) {
    for (std::int64_t j = 0; j < p.n; ++j) {
      float sum = 0;
      for (std::int64_t k = 0; k < p.k; ++k)
        sum += at(a, p.trans_a ? k * p.m + i : i * p.k + k) * at(b, p.trans_b ? j * p.k + k : k * p.n + j);
      ASSERT_EQ(wide[static_cast<std::size_t>(i * p.n + j)], sum) << i << ", " << j;
      ASSERT_EQ(at(narrow, i * p.n + j), static_cast<float>(bf16(sum))) << i << ", " << j;
    }
  }
  EXPECT_EQ(wide.back(), -1.0f) << "written behind C";
  EXPECT_EQ(at(narrow, p.m * p.n), -1.0f) << "written behind C";
}

TEST(Bf16Gemm, GivesProductsOfEveryShape) {
  if (kinds().empty()) GTEST_SKIP() << "this processor has no bf16 units";
  const std::int64_t sizes[][3] = {{1, 1, 1},    {16, 16, 2},    {17, 33, 5},   {31, 64, 32},
                                   {32, 65, 33}, {100, 130, 77}, {65, 10, 128}, {3, 5, 1}};
  for (const Kind kind : kinds()) {
    for (const auto& [m, n, k] : sizes) {
      for (int flags = 0; flags < 4; ++flags) {
        GemmProblem p;
        p.m = m, p.n = n, p.k = k;
        p.trans_a = flags & 1, p.trans_b = flags & 2;
        p.dtype = DType::kBF16;
        p.a_matrix = p.b_matrix = {0};
        SCOPED_TRACE(::testing::Message() << (kind == Kind::kAmx ? "AMX " : "AVX-512 ") << m << 'x' << n << 'x' << k
                                          << (p.trans_a ? " At" : " A") << (p.trans_b ? " Bt" : " B"));
        expect_product(p, kind);
      }
    }
  }
}

// Values whose sums are rounded: the order of adding shows.
TEST(Bf16Gemm, GivesTheSameBitsOnAnyNumberOfThreads) {
  GemmProblem p;
  p.m = 200, p.n = 300, p.k = 170;
  p.a_matrix = p.b_matrix = {0};
  std::vector<bf16> a, b;
  for (std::int64_t i = 0; i < p.m * p.k; ++i) a.emplace_back(std::sin(static_cast<float>(i)));
  for (std::int64_t i = 0; i < p.k * p.n; ++i) b.emplace_back(std::cos(static_cast<float>(i)));
  const int before = num_threads();
  for (const Kind kind : kinds()) {
    const Bf16Gemm<float> gemm(p, kind);
    std::vector<bf16> space(gemm.workspace() / sizeof(bf16));
    std::vector<float> expected, c(static_cast<std::size_t>(p.m * p.n));
    for (const int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      gemm.run(a.data(), b.data(), c.data(), space.data());
      if (expected.empty()) expected = c;
      EXPECT_EQ(std::memcmp(c.data(), expected.data(), c.size() * sizeof(float)), 0) << threads << " threads";
    }
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace weft::testing
