// SPDX-License-Identifier: Apache-2.0
#include "weft/schedule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <utility>

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

TEST(Schedule, DecaysByTheirFormulas) {
  const Schedule fall = schedule::polynomial(5, 1, 8, 2);
  EXPECT_DOUBLE_EQ(fall.at(0), 5);
  EXPECT_DOUBLE_EQ(fall.at(2), 1 + 4 * 0.75 * 0.75);
  EXPECT_DOUBLE_EQ(fall.at(100), 1);
  EXPECT_DOUBLE_EQ(schedule::exponential(3, 0.5).at(4), 3.0 / 16);
  const Schedule stairs = schedule::step(1, 0.1, 30);
  EXPECT_EQ(stairs.at(29), 1);
  EXPECT_DOUBLE_EQ(stairs.at(30), 0.1);
  EXPECT_DOUBLE_EQ(stairs.at(95), 0.001);
  const Schedule milestones = schedule::multi_step(1, 0.5, {3, 5, 9});
  const double wanted[] = {1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125};
  for (int u = 0; u < 11; ++u) EXPECT_EQ(milestones.at(u), wanted[u]) << u;
  EXPECT_EQ(schedule::multi_step(1, 0.5, {}).at(7), 1);
  EXPECT_DOUBLE_EQ(schedule::inverse_time(0.5, 0.01).at(300), 0.125);
  EXPECT_DOUBLE_EQ(schedule::inverse_time(0.5, 3, 0.5).at(5), 0.125);
}

TEST(Schedule, WarmUpsLeadToAnySchedule) {
  const Schedule s = schedule::warmup(4, schedule::exponential(2, 0.5), 1);
  const double wanted[] = {1, 1.25, 1.5, 1.75, 2, 1, 0.5};
  for (int u = 0; u < 7; ++u) EXPECT_DOUBLE_EQ(s.at(u), wanted[u]) << u;
  EXPECT_EQ(schedule::warmup(0, 3).at(0), 3);
  const Schedule stable = schedule::warmup_stable_decay(1, 2, 3, 4, 0.2);
  const double plateau[] = {0, 0.5, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2, 0.2};
  for (int u = 0; u < 11; ++u) EXPECT_DOUBLE_EQ(stable.at(u), plateau[u]) << u;
  const Schedule root = schedule::inverse_sqrt(0.1, 100);
  EXPECT_DOUBLE_EQ(root.at(50), 0.05);
  EXPECT_DOUBLE_EQ(root.at(100), 0.1);
  EXPECT_DOUBLE_EQ(root.at(400), 0.05);
}

TEST(Schedule, RestartsRepeatACycle) {
  const Schedule saw = schedule::restarts(schedule::linear(4, 0, 4), 4);
  for (int u = 0; u < 12; ++u) EXPECT_EQ(saw.at(u), 4 - u % 4) << u;
  // Cycles of 3, 6, 12, ... updates, each half as high.
  const Schedule longer = schedule::restarts(schedule::linear(3, 0, 3), 3, {.stretch = 2, .shrink = 0.5});
  std::int64_t begin = 0, length = 3;
  double height = 1;
  for (int n = 0; n < 24; ++n) {
    for (const std::int64_t t : {std::int64_t{0}, std::int64_t{1}, length - 1}) {
      const double wanted = height * (3 - 3.0 * static_cast<double>(t) / static_cast<double>(length));
      EXPECT_NEAR(longer.at(begin + t), wanted, 1e-6 * height) << "cycle " << n << ", update " << t;
    }
    begin += length;
    length *= 2;
    height /= 2;
  }
  const Schedule wave = schedule::cyclic(1, 3, 2, 4, 0.5);
  const double wanted[] = {1, 2, 3, 2.5, 2, 1.5, 1, 1.5, 2, 1.75, 1.5, 1.25, 1};
  for (int u = 0; u < 13; ++u) EXPECT_DOUBLE_EQ(wave.at(u), wanted[u]) << u;
  EXPECT_DOUBLE_EQ(schedule::cyclic(0, 1, 3).at(5), 1.0 / 3);
}

// Rates of torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=20) and its momenta.
TEST(Schedule, OneCycleIsPyTorchs) {
  const Schedule s = schedule::one_cycle(1, 20), m = schedule::one_cycle_momentum(20);
  EXPECT_NEAR(s.at(0), 0.04, 1e-15);
  EXPECT_NEAR(s.at(3), 0.66832816, 1e-8);
  EXPECT_DOUBLE_EQ(s.at(5), 1);
  EXPECT_NEAR(s.at(10), 0.716943, 1e-6);
  EXPECT_NEAR(s.at(19), 4e-6, 1e-12);
  EXPECT_NEAR(s.at(12), 4e-6 + (1 - 4e-6) * 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(m.at(0), 0.95);
  EXPECT_NEAR(m.at(3), 0.88454915, 1e-8);
  EXPECT_DOUBLE_EQ(m.at(5), 0.85);
  EXPECT_NEAR(m.at(12), 0.9, 1e-12);
  EXPECT_DOUBLE_EQ(m.at(19), 0.95);
}

// Rates of torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(T_0=5, T_mult=2, eta_min=1) from 4.
TEST(Schedule, WarmRestartsArePyTorchs) {
  const Schedule s = schedule::restarts(schedule::cosine(4, 1, 5), 5, {.stretch = 2});
  const double wanted[] = {4,   3.713525, 2.963525, 2.036475, 1.286475, 4, 3.926585, 3.713525, 3.381678, 2.963525,
                           2.5, 2.036475, 1.618322, 1.286475, 1.073415, 4, 3.981533, 3.926585, 3.83651,  3.713525};
  for (int u = 0; u < 20; ++u) EXPECT_NEAR(s.at(u), wanted[u], 1e-6) << u;
}

TEST(Schedule, SumsAndProductsAreSchedules) {
  const Schedule s = schedule::exponential(1, 0.5) * schedule::linear(0, 8, 4) + 1;
  EXPECT_DOUBLE_EQ(s.at(2), 2);
  EXPECT_DOUBLE_EQ((2.0 * s).at(2), 4);
}

TEST(Schedule, BoundsHoldForAllUpdates) {
  const Schedule all[] = {
      Schedule(0.3),
      schedule::cosine(2, 1, 6),
      schedule::polynomial(1, 5, 7, 0.5),
      schedule::exponential(3, 0.9),
      schedule::step(3, 0.5, 4),
      schedule::multi_step(2, 3, {4, 7}),
      schedule::inverse_time(3, 0),
      schedule::inverse_sqrt(1, 9),
      schedule::restarts(schedule::linear(4, -1, 5), 5, {.stretch = 1.5, .shrink = 0.75}),
      schedule::restarts(schedule::linear(5, 0, 5), 5),
      schedule::cyclic(1, 3, 4, 2, 0.5),
      schedule::one_cycle(2, 40),
      schedule::linear(-1, 1, 10) * schedule::linear(3, -2, 20) + schedule::cosine(1, 0, 5),
  };
  for (const Schedule& s : all) {
    const auto [low, high] = detail::bounds(s);
    double least = s.at(0), most = s.at(0);
    for (std::int64_t u = 0; u < 500; ++u) {
      least = std::fmin(least, s.at(u));
      most = std::fmax(most, s.at(u));
    }
    EXPECT_LE(low, least);
    EXPECT_GE(high, most);
    EXPECT_TRUE(std::isfinite(low) && std::isfinite(high));
  }
  EXPECT_EQ(detail::bounds(schedule::restarts(schedule::linear(5, 0, 5), 5)), (std::pair{1.0, 5.0}));
}

TEST(Schedule, EveryFormulaRunsOnTheDevice) {
  const Schedule all[] = {
      schedule::polynomial(1, 5, 7, 1.5),
      schedule::step(3, 0.5, 4),
      schedule::multi_step(2, 3, {4, 7}),
      schedule::warmup(5, schedule::exponential(3, 0.9)),
      schedule::inverse_sqrt(1, 9),
      schedule::warmup_stable_decay(1, 3, 4, 5),
      schedule::restarts(schedule::cosine(4, 1, 5), 5, {.stretch = 2, .shrink = 0.75}),
      schedule::cyclic(1, 3, 4, 2, 0.5) * schedule::exponential(1, 0.99),
      schedule::one_cycle(2, 40),
  };
  for (const Schedule& s : all) {
    auto program = compile([&](Tensor u) { return s.at(u); });
    for (std::int64_t u = 0; u < 100; ++u)
      EXPECT_NEAR(program(u).item<double>(), s.at(u), 1e-13 * (1 + std::fabs(s.at(u)))) << u;
    EXPECT_EQ(program.traces(), 1u);
  }
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
  EXPECT_THROW(schedule::polynomial(1, 0, 5, 0), ValueError);
  EXPECT_THROW(schedule::exponential(1, -0.5), ValueError);
  EXPECT_THROW(schedule::step(1, 0.5, 0), ValueError);
  EXPECT_EQ(message_of<ValueError>([] {
              schedule::multi_step(1, 0.5, {4, 4});
            }),
            "[multi_step] milestone 1 is 4; it must be more than 4");
  EXPECT_THROW(schedule::inverse_time(1, -1), ValueError);
  EXPECT_THROW(schedule::inverse_sqrt(1, 0), ValueError);
  EXPECT_THROW(schedule::warmup_stable_decay(1, 2, 3, 0), ValueError);
  EXPECT_THROW(schedule::restarts(1, 0), ValueError);
  EXPECT_THROW(schedule::restarts(1, 5, {.stretch = 0.5}), ValueError);
  EXPECT_THROW(schedule::restarts(1, 5, {.shrink = 0}), ValueError);
  EXPECT_THROW(schedule::cyclic(0, 1, 0), ValueError);
  EXPECT_EQ(message_of<ValueError>([] { schedule::one_cycle(1, 3); }),
            "[one_cycle] 3 updates, of which a share of 0.3 rises; both parts of the cycle must have an update");
}

}  // namespace
}  // namespace weft::testing
