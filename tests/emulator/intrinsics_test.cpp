// SPDX-License-Identifier: Apache-2.0
// Device functions and vector types, against values from CUDA's documentation of each.
#include <cmath>
#include <limits>

#include "tests/emulator/test_support.h"

namespace {

TEST(Intrinsics, Bits) {
  EXPECT_EQ(__popc(0xf0f00001u), 9);
  EXPECT_EQ(__popcll(0xffffffff00000001ull), 33);
  EXPECT_EQ(__ffs(0), 0);
  EXPECT_EQ(__ffs(8), 4);
  EXPECT_EQ(__ffsll(1ll << 40), 41);
  EXPECT_EQ(__clz(0), 32);
  EXPECT_EQ(__clz(1), 31);
  EXPECT_EQ(__clz(-1), 0);
  EXPECT_EQ(__clzll(1), 63);
  EXPECT_EQ(__brev(1u), 0x80000000u);
  EXPECT_EQ(__brev(0x0000f00du), 0xb00f0000u);
  EXPECT_EQ(__brevll(1ull), 1ull << 63);
  EXPECT_EQ(__umulhi(0x80000000u, 6u), 3u);
  EXPECT_EQ(__mulhi(-2, 1), -1);
  EXPECT_EQ(__umul64hi(1ull << 63, 6ull), 3ull);
  EXPECT_EQ(__mul64hi(-2ll, 1ll), -1ll);
  EXPECT_EQ(__funnelshift_l(0x80000000u, 0x1u, 1), 3u);
  EXPECT_EQ(__funnelshift_r(0x80000000u, 0x1u, 31), 3u);
}

TEST(Intrinsics, BitCasts) {
  EXPECT_EQ(__float_as_uint(1.0f), 0x3f800000u);
  EXPECT_EQ(__float_as_int(-0.0f), std::numeric_limits<int>::min());
  EXPECT_EQ(__uint_as_float(0x40490fdbu), 3.14159274f);
  EXPECT_EQ(__int_as_float(0x3f800000), 1.0f);
  EXPECT_EQ(__double_as_longlong(1.0), 0x3ff0000000000000ll);
  EXPECT_EQ(__longlong_as_double(0x4000000000000000ll), 2.0);
  EXPECT_EQ(__hiloint2double(__double2hiint(-1.5e-7), __double2loint(-1.5e-7)), -1.5e-7);
}

TEST(Intrinsics, Arithmetic) {
  // Exact product and sum are 2^-46 + 2^-22...: only a fused step keeps the last bit.
  const float e = 1.0f + 0x1p-23f;
  EXPECT_EQ(__fmaf_rn(e, e, -(1.0f + 0x1p-22f)), 0x1p-46f);
  EXPECT_EQ(__fadd_rn(__fmul_rn(e, e), -(1.0f + 0x1p-22f)), 0.0f);
  EXPECT_EQ(__frcp_rn(4.0f), 0.25f);
  EXPECT_EQ(__fsqrt_rn(9.0f), 3.0f);
  EXPECT_EQ(rsqrtf(16.0f), 0.25f);
  EXPECT_EQ(rsqrt(0.0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(__saturatef(1.5f), 1.0f);
  EXPECT_EQ(__saturatef(std::numeric_limits<float>::quiet_NaN()), 0.0f);
  EXPECT_EQ(__expf(0.0f), 1.0f);
  EXPECT_EQ(__powf(2.0f, 10.0f), 1024.0f);
  EXPECT_EQ(__float2int_rn(2.5f), 2);
  EXPECT_EQ(__float2int_rz(-2.5f), -2);
  EXPECT_EQ(__float2int_rd(-2.5f), -3);
  EXPECT_EQ(__float2int_ru(2.1f), 3);
}

TEST(Intrinsics, MinAndMaxDropNaN) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(min(3, -2), -2);
  EXPECT_EQ(max(3u, 4000000000u), 4000000000u);
  EXPECT_EQ(min(nan, 1.0f), 1.0f);
  EXPECT_EQ(max(1.0f, nan), 1.0f);
  EXPECT_EQ(max(-1.0, 2.0), 2.0);
}

TEST(Intrinsics, VectorTypesHaveCudasSizeAndAlignment) {
  EXPECT_EQ(sizeof(float3), 12u);
  EXPECT_EQ(alignof(float4), 16u);
  EXPECT_EQ(alignof(float2), 8u);
  EXPECT_EQ(alignof(double2), 16u);
  EXPECT_EQ(alignof(ushort4), 8u);
  EXPECT_EQ(sizeof(uchar4), 4u);
  EXPECT_EQ(alignof(uint2), 8u);
  EXPECT_EQ(make_float4(1, 2, 3, 4).w, 4.0f);
  const dim3 two{5, 6};
  EXPECT_EQ(two.z, 1u);
}

TEST(Intrinsics, CachedLoadsAndStores) {
  float4 value = make_float4(1, 2, 3, 4);
  float4 copy{};
  __stcs(&copy, __ldg(&value));
  EXPECT_EQ(copy.z, 3.0f);
  int target = 0;
  __stcg(&target, 5);
  EXPECT_EQ(__ldcs(&target) + __ldcg(&target), 10);
  EXPECT_GE(clock64(), 0);
}

}  // namespace
