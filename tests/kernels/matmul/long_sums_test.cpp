// SPDX-License-Identifier: Apache-2.0
// Products whose inner axis is so long that one f32 sum would stop to grow.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/exec/candidate.h"
#include "weft/ops.h"
#include "weft/tensor.h"

namespace weft::testing {
namespace {

// Relative error of the product of (m, k) and (k, n) numbers `x`, in the worst element.
double error_of(std::int64_t m, std::int64_t k, std::int64_t n, float x, DType dtype, bool trans_a, bool trans_b) {
  const Tensor a = full(trans_a ? Shape{k, m} : Shape{m, k}, x, dtype);
  const Tensor b = full(trans_b ? Shape{n, k} : Shape{k, n}, x, dtype);
  const double held = full({1}, x, dtype).item<double>(), wanted = static_cast<double>(k) * held * held;
  double worst = 0;
  for (const double y : matmul(a, b, trans_a, trans_b).to_vector<double>())
    worst = std::max(worst, std::abs(y - wanted) / wanted);
  return worst;
}

// On CUDA the library cuts long sums in its own way, and the emulated one does not.
TEST(LongSums, OfOnesAreExact) {
  const DeviceScope on(Device::cpu());
  EXPECT_EQ(error_of(1, 20'000'000, 1, 1, DType::kF32, false, false), 0);
  EXPECT_EQ(error_of(1, 20'000'000, 1, 1, DType::kF32, false, true), 0);
}

// 4096 equal products drift by 2e-5 in f32, because all roundings go the same way; longer sums by no more.
constexpr double kDrift = 4e-5;

TEST(LongSums, DoNotDriftInAnyLayout) {
  const DeviceScope on(Device::cpu());
  for (const auto& [m, n] : {std::pair{1, 1}, {1, 5}, {5, 1}, {3, 70}, {33, 40}})
    for (const bool trans_a : {false, true})
      for (const bool trans_b : {false, true})
        for (const auto& [dtype, bound] : {std::pair{DType::kF32, kDrift}, {DType::kF64, 1e-12}, {DType::kBF16, 4e-3}})
          EXPECT_LT(error_of(m, 100'001, n, 0.1f, dtype, trans_a, trans_b), bound)
              << name_of(dtype) << " m " << m << " n " << n << (trans_a ? " At" : "") << (trans_b ? " Bt" : "");
}

TEST(LongSums, OfEveryCandidate) {
  const DeviceScope on(Device::cpu());
  for (const char* candidate : {"reference", "tiles", "dots"}) {
    const exec::ForcedCandidate forced("matmul", Device::Kind::kCPU, candidate);
    EXPECT_LT(error_of(1, 1'000'000, 1, 0.1f, DType::kF32, false, true), kDrift) << candidate;
  }
}

}  // namespace
}  // namespace weft::testing
