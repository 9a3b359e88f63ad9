// SPDX-License-Identifier: Apache-2.0
// Whole training steps as replays: what a step may cost the host, and that the state inside it moves on.
#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>
#include <optional>
#include <vector>

#include "optim/train/trainer_state.h"
#include "tests/support/every_device.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/classification_loss.h"
#include "weft/datasets.h"
#include "weft/dropout.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/sequential.h"
#ifdef WEFT_CUDA_EMULATED
#include "emulator.h"
#endif

namespace weft::testing {
namespace {

// The digits net, small, with everything that has a state inside a step: schedule, clipping, moments, statistics,
// dropout and metrics.
struct SmallRun {
  explicit SmallRun(Device where)
      : device(where),
        state({model, [this](const std::vector<Tensor>& x) { return model(x[0]); },
               [](const Tensor& y, const Tensor& t, const Tensor&) { return cross_entropy(y, t); }},
              {}, AdamW{.lr = schedule::warmup_cosine(1e-2, 20, 200)},
              {.device = where, .seed = 7, .update = {.clip_norm = 1}}) {}

  void epoch(const Dataset& data, const std::function<void(const std::function<void()>&)>& each) {
    const GeneratorScope draws(state.generator);
    {
      const detail::ModeScope mode(model, true);
      state.reset_epoch();
      auto pass = detail::start_pass(data, order(8), state.counts.epochs++);
      while (pass.batch())
        each([&] {
          state.train_batch(*pass.batch());
          pass.advance();
        });
    }
    const detail::ModeScope mode(model, false);
    state.evaluation.reset();
    auto pass = detail::start_pass(data, order(24), 0);
    while (pass.batch())
      each([&] {
        state.evaluate_step(*pass.batch());
        pass.advance();
      });
  }
  LoaderOptions order(std::int64_t batch_size) const { return {.batch_size = batch_size, .seed = 3, .device = device}; }

  Device device;
  Sequential model{Linear(64, 8), BatchNorm(8), ReLU(), Dropout(0.2), Linear(8, 10)};
  detail::TrainerState state;
};

Dataset some_digits() {
  std::vector<std::int64_t> rows(60);  // seven batches of 8, and one of 4
  std::iota(rows.begin(), rows.end(), 0);
  return data::digits().train.subset(rows);
}

#ifdef WEFT_CUDA_EMULATED

TEST(TrainingReplay, AStepIsOneLaunchAndNothingElse) {
  const Dataset data = some_digits();
  SmallRun run(Device::cuda(0));
  // The tail batch comes once per epoch, and under a sanitizer never where one has been, until its place is settled.
  constexpr int kWarm = 18, kSteps = 1000;
  for (int e = 0; e < kWarm; ++e) run.epoch(data, [](const auto& step) { step(); });
  int steps = 0;
  while (steps < kSteps) {
    run.epoch(data, [&](const auto& step) {
      const emulator::Counters before = emulator::counters();
      step();
      const emulator::Counters after = emulator::counters();
      ++steps;
      ASSERT_EQ(after.graph_launches - before.graph_launches, 1u) << "step " << steps;
      ASSERT_EQ(after.kernel_launches, before.kernel_launches) << "step " << steps;
      ASSERT_EQ(after.device_allocations, before.device_allocations) << "step " << steps;
      ASSERT_EQ(after.host_allocations, before.host_allocations) << "step " << steps;
      ASSERT_EQ(after.synchronizations, before.synchronizations) << "step " << steps;
    });
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(run.state.evaluation.read().accuracy, 0.9);  // on the rows that it was trained on
}

#endif

TEST(TrainingReplay, TheStateOfAStepMovesOnAsOnTheCpu) {
  const Dataset data = some_digits();
  std::optional<std::vector<double>> rates;
  std::vector<double> losses;
  for (const Device device : Device::all()) {
    SmallRun run(device);
    std::vector<double> seen;
    for (int e = 0; e < 6; ++e)
      run.epoch(data, [&](const auto& step) {
        step();
        seen.push_back(run.state.optimizer.lr().item<double>());
      });
    const Schedule schedule = schedule::warmup_cosine(1e-2, 20, 200);
    EXPECT_EQ(run.state.optimizer.updates(), 48);
    EXPECT_FLOAT_EQ(static_cast<float>(seen.back()), static_cast<float>(schedule.at(48)));
    if (!rates) rates = seen;
    EXPECT_EQ(seen, *rates) << device.name();
    losses.push_back(run.state.training.read().loss);
    EXPECT_NEAR(losses.back(), losses.front(), 2e-3) << device.name();
  }
}

class ReplayedDrawsOn : public EveryDevice {};

TEST_P(ReplayedDrawsOn, AreNewInEveryRunAndThoseOfTheCpu) {
  const auto masks = [](Device device) {
    Generator generator(5);
    const GeneratorScope draws(generator);
    auto program = compile([](Tensor x) { return dropout(x, 0.5); }, {.device = device});
    const DeviceScope here(device);
    const Tensor x = ones({64});
    std::vector<std::vector<float>> out;
    for (int i = 0; i < 6; ++i) out.push_back(program(x).to_vector());
    return out;
  };
  const auto seen = masks(device());
  for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_NE(seen[i], seen[i - 1]);
  EXPECT_EQ(seen, masks(Device::cpu()));
}

WEFT_ON_EVERY_DEVICE(ReplayedDrawsOn);

}  // namespace
}  // namespace weft::testing
