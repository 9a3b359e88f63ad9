// SPDX-License-Identifier: Apache-2.0
#include "weft/callbacks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/regression_loss.h"
#include "weft/sequential.h"
#include "weft/serialize.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// A training run whose losses are made up. The bias is the number of the epoch.
struct Scripted {
  explicit Scripted(std::shared_ptr<Callback> listener, int epochs = 9) : callback(std::move(listener)) {
    at.epochs = epochs;
    begin();
  }
  void begin() {
    history = {};
    at.epoch = 0;
    at.stop = false;
    callback->on_train_begin(at);
  }
  // True if the run shall stop.
  bool epoch(double validation_loss, double loss = 1) {
    ++at.epoch;
    set_bias(static_cast<float>(at.epoch));
    history.epochs.push_back({.number = at.epoch,
                              .loss = loss,
                              .accuracy = 0.5,
                              .validation_loss = validation_loss,
                              .validation_accuracy = 0.25,
                              .seconds = 2,
                              .samples_per_second = 100});
    callback->on_epoch(at);
    return at.stop;
  }
  void set_bias(float value) {
    const DeviceScope on(layer().bias.device());
    layer().bias.assign(full({2}, value));
  }
  // The epoch whose values the model has.
  float values() { return layer().bias.value().to_vector()[0]; }
  Linear& layer() { return model.get<Linear>(0); }

  Sequential model{Linear(3, 2)};
  Trainer trainer{model, MSE(), SGD{}};
  History history;
  FitState at{trainer, history};
  std::shared_ptr<Callback> callback;
};

TEST(EarlyStopping, PatienceCountsFromTheLatestGain) {
  Scripted run(callbacks::early_stopping(2));
  EXPECT_FALSE(run.epoch(5));
  EXPECT_FALSE(run.epoch(6));
  EXPECT_FALSE(run.epoch(4));
  EXPECT_FALSE(run.epoch(4));  // an equal loss is not better
  EXPECT_TRUE(run.epoch(4.5));
  run.callback->on_train_end(run.at);
  EXPECT_EQ(run.values(), 3);
}

TEST(EarlyStopping, AGainBelowTheLeastIsNone) {
  Scripted run(callbacks::early_stopping(2, 0.5));
  EXPECT_FALSE(run.epoch(5));
  EXPECT_FALSE(run.epoch(4.75));
  EXPECT_FALSE(run.epoch(4.25));  // below the best, 5, by more than that
  EXPECT_FALSE(run.epoch(4));
  EXPECT_TRUE(run.epoch(3.75));
  run.callback->on_train_end(run.at);
  EXPECT_EQ(run.values(), 3);
}

TEST(EarlyStopping, WithoutValidationTheTrainingLossDecides) {
  Scripted run(callbacks::early_stopping(1));
  EXPECT_FALSE(run.epoch(kNaN, 3));
  EXPECT_FALSE(run.epoch(kNaN, 2));
  EXPECT_TRUE(run.epoch(kNaN, 2.5));
  run.callback->on_train_end(run.at);
  EXPECT_EQ(run.values(), 2);
}

TEST(EarlyStopping, EveryRunBeginsAnew) {
  Scripted run(callbacks::early_stopping(1));
  EXPECT_FALSE(run.epoch(1));
  EXPECT_TRUE(run.epoch(2));
  run.begin();
  EXPECT_FALSE(run.epoch(4));
  EXPECT_FALSE(run.epoch(3));
  EXPECT_TRUE(run.epoch(5));
  run.callback->on_train_end(run.at);
  EXPECT_EQ(run.values(), 2);
  run.set_bias(7);
  run.begin();
  run.callback->on_train_end(run.at);  // no epoch, nothing to restore
  EXPECT_EQ(run.values(), 7);
}

TEST(Checkpoints, TheBestIsThatOfTheLowestLoss) {
  const TemporaryDirectory directory;
  Scripted run(callbacks::checkpoint(directory / "runs"));
  const auto best = [&] {
    Sequential model{Linear(3, 2)};
    load(model, directory / "runs" / "best.safetensors");
    return model.get<Linear>(0).bias.value().to_vector()[0];
  };
  run.epoch(3);
  EXPECT_EQ(best(), 1);
  run.epoch(1);
  EXPECT_EQ(best(), 2);
  run.epoch(2);
  EXPECT_EQ(best(), 2);
  run.begin();
  run.epoch(9);  // the best of this run
  EXPECT_EQ(best(), 1);
}

TEST(WriteHistory, HasEveryFigure) {
  const TemporaryDirectory directory;
  Scripted run(callbacks::write_history(directory / "h.json"));
  run.history.best_validation_loss = 0.125;
  run.epoch(0.75, 0.625);
  const std::string json = testing::read_file(directory / "h.json");
  for (const char* part : {"\"best_validation_loss\": 0.125", "\"epoch\": 1", "\"loss\": 0.625", "\"accuracy\": 0.5",
                           "\"validation_loss\": 0.75", "\"validation_accuracy\": 0.25", "\"seconds\": 2.0",
                           "\"samples_per_second\": 100.0"})
    EXPECT_THAT(json, HasSubstr(part));
}

// The text that `f` writes to standard output, which is no terminal then.
template <class F>
std::string printed(F f) {
  ::testing::internal::CaptureStdout();
  f();
  return ::testing::internal::GetCapturedStdout();
}

TEST(Progress, IsALinePerEpochWhereThereIsNoTerminal) {
  const std::string text = printed([] {
    Scripted run(callbacks::progress(), 12);
    for (int batch = 1; batch <= 3; ++batch) run.callback->on_batch(run.at);
    run.epoch(0.5, 0.25);
    run.epoch(kNaN, 0.125);
  });
  EXPECT_EQ(text,
            "epoch   1/12  loss 0.2500  acc 50.00%  val_loss 0.5000  val_acc 25.00%  100 samples/s  22.0 s left\n"
            "epoch   2/12  loss 0.1250  acc 50.00%  100 samples/s  20.0 s left\n");
}

TEST(Progress, IsSilentWhenFitIsQuiet) {
  const auto text = [](bool quiet) {
    return printed([quiet] {
      Sequential model{Linear(3, 2)};
      Trainer trainer(model, MSE(), SGD{});
      trainer.fit(Dataset({ones({4, 3}), ones({4, 2})}), {.epochs = 2, .quiet = quiet});
    });
  };
  EXPECT_EQ(text(true), "");
  EXPECT_THAT(text(false), HasSubstr("epoch   2/2  loss "));
}

}  // namespace
}  // namespace weft::testing
