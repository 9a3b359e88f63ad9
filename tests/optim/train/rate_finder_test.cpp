// SPDX-License-Identifier: Apache-2.0
// The rate finder: its curve, its suggestion, and that all is as it was afterwards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

class RateFinderOn : public EveryDevice {};

struct Descent {
  // The loss of p beside 0: rates above 2 diverge.
  Variable p{full({3}, 4.0)};
  Optimizer optimizer{{{"p", p}}, SGD{.lr = 0.05}};
  Compiled<Tensor()> program = compile([this] {
    Tensor loss = square(p.value()).mean();
    optimizer.minimize(1.5 * loss);
    return loss;
  });
};

TEST_P(RateFinderOn, GrowsTheRateUntilTheLossDiverges) {
  Descent run;
  run.program();
  const std::vector<float> before = run.p.value().to_vector();
  const RateCurve curve = find_rate(run.optimizer, [&] { return run.program(); },
                                    {.low = 1.3e-4, .high = 130, .steps = 61, .smoothing = 0.5});
  ASSERT_TRUE(curve.diverged);
  ASSERT_GT(curve.rates.size(), 40u);
  ASSERT_LT(curve.rates.size(), 61u);
  ASSERT_EQ(curve.losses.size(), curve.rates.size());
  ASSERT_EQ(curve.smoothed.size(), curve.rates.size());
  // The losses are those of the same descent by hand, and smoothed as an exponential mean without its bias.
  double p = before[0], mean = 0, best = 1e300;
  for (std::size_t i = 0; i < curve.rates.size(); ++i) {
    EXPECT_NEAR(curve.rates[i], 1.3 * std::pow(10, -4 + static_cast<double>(i) / 10), 1e-9 * curve.rates[i]);
    EXPECT_NEAR(curve.losses[i], p * p, 1e-4 * p * p) << i;
    p -= curve.rates[i] * p;
    mean = 0.5 * mean + 0.5 * curve.losses[i];
    EXPECT_NEAR(curve.smoothed[i], mean / (1 - std::pow(0.5, i + 1)), 1e-12 * mean);
    const bool last = i + 1 == curve.rates.size();
    EXPECT_EQ(curve.smoothed[i] > 4 * best, last) << i;
    best = std::min(best, curve.smoothed[i]);
  }
  // The steepest fall is where its central difference is least.
  std::size_t at = 6;
  for (std::size_t i = 6; i + 1 < curve.smoothed.size(); ++i)
    if (curve.smoothed[i + 1] - curve.smoothed[i - 1] < curve.smoothed[at + 1] - curve.smoothed[at - 1]) at = i;
  EXPECT_EQ(curve.suggestion, curve.rates[at]);
  EXPECT_GT(curve.suggestion, 0.01);
  EXPECT_LT(curve.suggestion, 2);
  EXPECT_EQ(run.p.value().to_vector(), before);
  EXPECT_EQ(run.optimizer.updates(), 1);
  EXPECT_FLOAT_EQ(run.optimizer.lr().item(), 0.05f);
  EXPECT_EQ(run.program.traces(), 1u);
  const std::vector<plot::Line> lines = curve.lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].name, "loss");
  EXPECT_EQ(lines[0].y, curve.losses);
  EXPECT_EQ(lines[1].y, curve.smoothed);
  EXPECT_EQ(lines[1].x, curve.rates);
}

// A schedule does not move the rate beneath the finder, and other groups keep their ratio.
TEST_P(RateFinderOn, ScalesEveryGroupBesideTheFirst) {
  const Variable a(zeros({1}, DType::kF64)), b(zeros({1}, DType::kF64));
  Optimizer optimizer(std::vector<Group>{{{{"a", a}}, SGD{.lr = schedule::linear(1, 3, 10)}},
                                         {{{"b", b}}, SGD{.lr = schedule::linear(0.5, 1.5, 10)}}});
  std::vector<double> moves, others;
  const auto step = [&] {
    const double x = a.value().item<double>(), y = b.value().item<double>();
    optimizer.apply({{{"a", a}, {"b", b}}, {-ones({1}, DType::kF64), -ones({1}, DType::kF64)}});
    moves.push_back(a.value().item<double>() - x);
    others.push_back(b.value().item<double>() - y);
    return Tensor::scalar(1.0);
  };
  const RateCurve curve = find_rate(optimizer, step, {.low = 0.01, .high = 1, .steps = 5});
  ASSERT_EQ(curve.rates.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(moves[i], std::pow(10, -2 + static_cast<double>(i) / 2), 1e-6 * moves[i]);
    EXPECT_NEAR(others[i], moves[i] / 2, 1e-12);
  }
  EXPECT_FALSE(curve.diverged);
  EXPECT_TRUE(std::isnan(curve.suggestion));  // the loss never fell
  EXPECT_EQ(a.value().item<double>(), 0);
}

TEST_P(RateFinderOn, EndsWhereALossIsNotFinite) {
  Descent run;
  int calls = 0;
  const auto step = [&] {
    const Tensor loss = run.program();
    return ++calls == 4 ? loss / 0.0 : loss;
  };
  const RateCurve curve = find_rate(run.optimizer, step);
  EXPECT_TRUE(curve.diverged);
  EXPECT_EQ(curve.rates.size(), 3u);
  EXPECT_EQ(calls, 4);
}

TEST_P(RateFinderOn, PutsAllBackWhenAStepThrows) {
  Descent run;
  Sequential others{Linear(2, 2)};
  others.initialize(1);
  const std::vector<float> weight = others.parameters()[0].value().to_vector();
  int calls = 0;
  const auto step = [&] {
    others.parameters()[0].assign(zeros({2, 2}));
    static_cast<void>(randn({2}));
    if (++calls == 3) throw std::runtime_error("no more data");
    return run.program();
  };
  const std::vector<std::int64_t> draws = default_generator().state().value().to_vector<std::int64_t>();
  EXPECT_THROW(find_rate(run.optimizer, step, {}, Checkpoint(others)), std::runtime_error);
  EXPECT_EQ(run.p.value().to_vector(), std::vector<float>(3, 4));
  EXPECT_EQ(run.optimizer.updates(), 0);
  EXPECT_EQ(others.parameters()[0].value().to_vector(), weight);
  EXPECT_EQ(default_generator().state().value().to_vector<std::int64_t>(), draws);
}

// Losses below 0, as of a likelihood: a fall is no divergence.
TEST_P(RateFinderOn, TakesLossesBelowZero) {
  Descent run;
  const auto step = [&] { return run.program() - 17; };
  const RateCurve curve = find_rate(run.optimizer, step, {.low = 1e-3, .high = 1, .steps = 30, .smoothing = 0});
  EXPECT_FALSE(curve.diverged);
  EXPECT_EQ(curve.rates.size(), 30u);
  EXPECT_GT(curve.suggestion, 0);
}

// A net with statistics, dropout and averages.
struct SmallRun {
  explicit SmallRun(Device device)
      : trainer(model, CrossEntropy(), ema(AdamW{.lr = schedule::cosine(1e-2, 1e-3, 40)}, 0.9),
                {.device = device, .seed = 5, .update = {.clip_norm = 1}, .accumulate = 2}) {}
  std::vector<double> values() {
    std::vector<double> all;
    const auto add = [&](const Variable& v) {
      for (const double x : v.value().to_vector<double>()) all.push_back(std::isnan(x) ? -1 : x);
    };
    for (const StateEntry& entry : model.state_dict()) add(entry.variable);
    for (const Variable& v : trainer.optimizer().state()) add(v);
    return all;
  }
  Sequential model{Linear(64, 16), BatchNorm(16), ReLU(), Dropout(0.2), Linear(16, 10)};
  Trainer trainer;
};

TEST_P(RateFinderOn, LeavesATrainerBitForBitAsItWas) {
  const auto [train, test] = data::digits();
  std::vector<std::int64_t> rows(100);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  const Dataset some = train.subset(rows);
  const FitOptions options{.epochs = 2, .batch_size = 16, .quiet = true};
  SmallRun run(device()), plain(device());
  run.trainer.fit(some, options);
  plain.trainer.fit(some, options);
  const std::vector<double> before = run.values();
  const double loss = run.trainer.running().loss;
  run.model.eval();
  const RateCurve curve = run.trainer.find_rate(some, {.low = 1e-5, .high = 10, .steps = 30, .batch_size = 16});
  EXPECT_FALSE(run.model.training());
  EXPECT_GT(curve.rates.size(), 20u);
  EXPECT_GT(curve.suggestion, 1e-5);
  EXPECT_EQ(run.values(), before);
  EXPECT_EQ(run.trainer.running().loss, loss);
  run.trainer.fit(some, options);
  plain.trainer.fit(some, options);
  EXPECT_EQ(run.values(), plain.values());
}

struct FindsInside : Callback {
  void on_batch(FitState& at) override { at.trainer.find_rate(data); }
  Dataset data{};
};

WEFT_ON_EVERY_DEVICE(RateFinderOn);

TEST(RateFinder, RefusesWhatCannotBe) {
  Descent run;
  const auto refusal = [&](const RateFinderOptions& options) {
    return message_of<ValueError>([&] {
      find_rate(
          run.optimizer, [&] { return run.program(); }, options);
    });
  };
  EXPECT_EQ(refusal({.low = 0}), "[find_rate] low is 0 and high is 10; they must rise, from 1e-30 to 1e30");
  EXPECT_EQ(refusal({.low = 2, .high = 1}), "[find_rate] low is 2 and high is 1; they must rise, from 1e-30 to 1e30");
  EXPECT_EQ(refusal({.steps = 1}), "[find_rate] steps is 1; it must be 2 or more");
  EXPECT_EQ(refusal({.smoothing = 1}), "[find_rate] smoothing is 1; it must be in [0, 1)");
  EXPECT_EQ(refusal({.diverge = 1}), "[find_rate] diverge is 1; it must be above 1");
  Optimizer still({{"p", run.p}}, SGD{.lr = schedule::warmup(5, 0.1)});
  EXPECT_THAT(message_of<ValueError>([&] { find_rate(still, [] { return Tensor::scalar(1.0f); }); }),
              HasSubstr("[find_rate] the rate of update 0 is 0; it must be positive"));
  SmallRun net(Device::cpu());
  const Dataset data({randn({8, 64}), zeros({8}, DType::kI64)});
  EXPECT_THAT(message_of<ValueError>([&] { net.trainer.find_rate(data, {.batch_size = 0}); }), HasSubstr("batch_size"));
  EXPECT_THAT(message_of<ValueError>([&] {
                net.trainer.find_rate(Dataset({randn({8, 64})}));
              }),
              HasSubstr("the training data has 1 columns"));
  const auto inside = std::make_shared<FindsInside>();
  inside->data = data;
  EXPECT_THAT(message_of<ValueError>([&] { net.trainer.fit(data, {.callbacks = {inside}, .quiet = true}); }),
              HasSubstr("a callback calls find_rate() of its own trainer"));
}

}  // namespace
}  // namespace weft::testing
