// SPDX-License-Identifier: Apache-2.0
#include "weft/schedule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/files.h"
#include "weft/compile.h"

namespace weft::testing {
namespace {

TEST(Schedule, HostValues) {
  EXPECT_EQ(Schedule(0.25).at(1000), 0.25);
  const Schedule line = schedule::linear(1, 3, 4);
  EXPECT_EQ(line.at(0), 1);
  EXPECT_EQ(line.at(1), 1.5);
  EXPECT_EQ(line.at(4), 3);
  EXPECT_EQ(line.at(50), 3);
  const Schedule wave = schedule::cosine(2, 1, 6);
  EXPECT_DOUBLE_EQ(wave.at(0), 2);
  EXPECT_DOUBLE_EQ(wave.at(2), 1.75);  // cos(pi / 3) = 1 / 2
  EXPECT_DOUBLE_EQ(wave.at(3), 1.5);
  EXPECT_DOUBLE_EQ(wave.at(7), 1);
  EXPECT_EQ((0.5 * line).at(1), 0.75);
}

TEST(Schedule, ThenCountsFromZeroAgain) {
  const Schedule s = Schedule(1).then(3, schedule::linear(10, 20, 10).then(2, 7));
  const double wanted[] = {1, 1, 1, 10, 11, 7, 7};
  for (int u = 0; u < 7; ++u) EXPECT_EQ(s.at(u), wanted[u]) << u;
}

TEST(Schedule, WarmUpReachesThePeakAndTheFloor) {
  const Schedule s = schedule::warmup_cosine(0.1, 10, 110, 0.01);
  EXPECT_EQ(s.at(0), 0);
  EXPECT_DOUBLE_EQ(s.at(5), 0.05);
  EXPECT_DOUBLE_EQ(s.at(10), 0.1);
  EXPECT_DOUBLE_EQ(s.at(60), 0.055);
  EXPECT_DOUBLE_EQ(s.at(110), 0.01);
  EXPECT_DOUBLE_EQ(schedule::warmup_cosine(0.1, 0, 100).at(0), 0.1);
}

TEST(Schedule, TheDeviceComputesWhatTheHostDoes) {
  const Schedule s = 0.3 * schedule::linear(0, 1, 7).then(
                               5, schedule::cosine(2, 0.1, 40).then(30, schedule::warmup_cosine(1, 3, 90, 0.2)));
  auto program = compile([&](Tensor u) { return s.at(u); });
  for (std::int64_t u = 0; u < 140; ++u) {
    const double device = program(u).item<double>(), host = s.at(u);
    EXPECT_NEAR(device, host, 1e-14) << u;  // two cosines of the same f64 argument
  }
  EXPECT_EQ(program.traces(), 1u);
}

TEST(Schedule, IsTheSameWhereItsFormulaIs) {
  const auto one = [](double peak, std::int64_t total) { return 0.5 * schedule::warmup_cosine(peak, 5, total, 0.01); };
  EXPECT_EQ(one(1, 20), one(1, 20));
  EXPECT_FALSE(one(1, 20) == one(2, 20));
  EXPECT_FALSE(one(1, 20) == one(1, 21));
  EXPECT_FALSE(one(1, 20) == 0.25 * schedule::warmup_cosine(1, 5, 20, 0.01));
  EXPECT_EQ(Schedule(0.1), Schedule(0.1));
  EXPECT_FALSE(Schedule(0.1) == Schedule(0.2));
  EXPECT_FALSE(schedule::linear(1, 0, 5) == schedule::cosine(1, 0, 5));
  EXPECT_FALSE(schedule::linear(1, 0, 5) == schedule::linear(1, 0, 5).then(3, 1));
}

TEST(Schedule, BadNumbersAreTypedErrors) {
  EXPECT_EQ(message_of<ValueError>([] { schedule::cosine(1, 0, 0); }),
            "[cosine] the number of updates is 0; it must be positive");
  EXPECT_THROW(schedule::linear(1, 0, -2), ValueError);
  EXPECT_THROW(Schedule(1).then(-1, 2), ValueError);
  EXPECT_THROW(schedule::warmup_cosine(1, 10, 10), ValueError);
}

}  // namespace
}  // namespace weft::testing
