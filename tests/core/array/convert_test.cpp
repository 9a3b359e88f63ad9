// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/array/array.h"

namespace weft::testing {
namespace {

template <class To, class From>
std::vector<To> convert(DType to, DType from, const std::vector<From>& values) {
  std::vector<To> out(values.size());
  convert_host(out.data(), to, values.data(), from, static_cast<std::int64_t>(values.size()));
  return out;
}

const float kNaN = std::numeric_limits<float>::quiet_NaN();
const float kInf = std::numeric_limits<float>::infinity();

TEST(Convert, FloatsToIntegersTruncateSaturateAndMapNaNToZero) {
  const std::vector<float> values{1.9f, -1.9f, 3e9f, -3e9f, 1e30f, -kInf, kInf, kNaN, -0.5f, 255.9f, 256.0f};
  EXPECT_EQ((convert<std::int32_t>(DType::kI32, DType::kF32, values)),
            (std::vector<std::int32_t>{1, -1, INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX, 0, 0, 255, 256}));
  EXPECT_EQ(
      (convert<std::int64_t>(DType::kI64, DType::kF32, values)),
      (std::vector<std::int64_t>{1, -1, 3000000000, -3000000000, INT64_MAX, INT64_MIN, INT64_MAX, 0, 0, 255, 256}));
  EXPECT_EQ((convert<std::uint8_t>(DType::kU8, DType::kF32, values)),
            (std::vector<std::uint8_t>{1, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255}));
}

TEST(Convert, LargestFloatsBelowTheLimitsStayThemselves) {
  const std::vector<double> values{2147483647.0, -2147483648.0, 0x1.fffffffffffffp62, -0x1p63, 0x1p63};
  EXPECT_EQ((convert<std::int32_t>(DType::kI32, DType::kF64, values)),
            (std::vector<std::int32_t>{INT32_MAX, INT32_MIN, INT32_MAX, INT32_MIN, INT32_MAX}));
  EXPECT_EQ((convert<std::int64_t>(DType::kI64, DType::kF64, values)),
            (std::vector<std::int64_t>{INT32_MAX, INT32_MIN, 9223372036854774784, INT64_MIN, INT64_MAX}));
}

TEST(Convert, BoolIsNotZero) {
  EXPECT_EQ((convert<std::uint8_t>(DType::kBool, DType::kF32, std::vector<float>{0.0f, -0.0f, 0.1f, kNaN})),
            (std::vector<std::uint8_t>{0, 0, 1, 1}));
  EXPECT_EQ((convert<std::uint8_t>(DType::kBool, DType::kI64, std::vector<std::int64_t>{0, std::int64_t{1} << 40})),
            (std::vector<std::uint8_t>{0, 1}));
  // Bytes from outside: any but zero is true.
  EXPECT_EQ((convert<float>(DType::kF32, DType::kBool, std::vector<std::uint8_t>{0, 1, 7})),
            (std::vector<float>{0, 1, 1}));
}

TEST(Convert, HalfTypesRoundToNearestEven) {
  const std::vector<float> values{1.0f, -2.0f, 1.0f + 0x1p-8f, 1.0f + 0x1.8p-7f, 65520.0f, 1e-8f};
  EXPECT_EQ((convert<std::uint16_t>(DType::kBF16, DType::kF32, values)),
            (std::vector<std::uint16_t>{0x3f80, 0xc000, 0x3f80, 0x3f82, 0x4780, 0x322c}));
  EXPECT_EQ((convert<std::uint16_t>(DType::kF16, DType::kF32, values)),
            (std::vector<std::uint16_t>{0x3c00, 0xc000, 0x3c04, 0x3c0c, 0x7c00, 0x0000}));
  EXPECT_EQ((convert<double>(DType::kF64, DType::kF16, std::vector<std::uint16_t>{0x3c04, 0x0001})),
            (std::vector<double>{1.0 + 0x1p-8, 0x1p-24}));
}

TEST(Convert, IntegersKeepAllTheirBits) {
  const std::int64_t big = (std::int64_t{1} << 53) + 1;
  EXPECT_EQ((convert<std::int64_t>(DType::kI64, DType::kI64, std::vector<std::int64_t>{big, -big})),
            (std::vector<std::int64_t>{big, -big}));
  EXPECT_EQ((convert<std::int64_t>(DType::kI64, DType::kU8, std::vector<std::uint8_t>{200})),
            (std::vector<std::int64_t>{200}));
}

// Every pair of types carries 0 and 1 through.
TEST(Convert, AllPairsOfTypes) {
  for (int from = 0; from < kDTypeCount; ++from) {
    for (int to = 0; to < kDTypeCount; ++to) {
      const double values[2] = {0, 1};
      std::uint64_t a[2];
      std::uint64_t b[2];
      double back[2] = {-1, -1};
      convert_host(a, static_cast<DType>(from), values, DType::kF64, 2);
      convert_host(b, static_cast<DType>(to), a, static_cast<DType>(from), 2);
      convert_host(back, DType::kF64, b, static_cast<DType>(to), 2);
      EXPECT_EQ(back[0], 0) << from << " to " << to;
      EXPECT_EQ(back[1], 1) << from << " to " << to;
    }
  }
}

}  // namespace
}  // namespace weft::testing
