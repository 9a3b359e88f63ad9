// SPDX-License-Identifier: Apache-2.0
// A run of fit() that is cut anywhere and resumed by a new trainer gives the bits of the whole run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/callbacks.h"
#include "weft/classification_loss.h"
#include "weft/dropout.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/sequential.h"
#include "weft/serialize.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<std::vector<double>>;

constexpr int kEpochs = 8, kBatches = 4;

Dataset rows(std::int64_t n, int phase = 0) {
  std::vector<float> x;
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) x.push_back(std::sin(static_cast<float>(i * 7 + j * 3 + i * j + phase)));
    y.push_back((i * i + phase) % 3);
  }
  return Dataset({Tensor::of(x, {n, 4}), Tensor::of(y, {n})});
}

struct Cut : std::exception {};

// Saves and ends the program, as it were, in a batch of an epoch, or at the end of the epoch for batch 0.
struct Cutter : Callback {
  Cutter(std::filesystem::path to, int in_epoch, int in_batch)
      : file(std::move(to)), epoch(in_epoch), batch(in_batch) {}
  void on_batch(FitState& at) override {
    if (std::ssize(at.history.epochs) + 1 == epoch && at.batch == batch) cut(at);
  }
  void on_epoch(FitState& at) override {
    if (at.history.epochs.back().number == epoch && batch == 0) cut(at);
  }
  void cut(FitState& at) const {
    at.trainer.save(file);
    throw Cut();
  }
  std::filesystem::path file;
  int epoch, batch;
};

// Counts its calls, and keeps the count in checkpoints.
struct Counter : Callback {
  void on_train_begin(FitState&) override { batches = epochs = 0; }
  void on_batch(FitState&) override { ++batches; }
  void on_epoch(FitState&) override { ++epochs; }
  std::map<std::string, Tensor> state_dict() const override {
    return {{"counts", Tensor::of<std::int64_t>({batches, epochs}, {2})}};
  }
  void load_state_dict(const std::map<std::string, Tensor>& state) override {
    const auto counts = state.at("counts").to_vector<std::int64_t>();
    batches = counts[0];
    epochs = counts[1];
  }
  std::int64_t batches = 0, epochs = 0;
};

struct Settings {
  Device device;
  int accumulate = 1;
  bool cutter_first = false;
};

// A trainer that a program begins with, and the callbacks that it has.
struct Program {
  Program(const Settings& settings, const std::filesystem::path& folder, int cut_epoch, int cut_batch)
      : trainer(model, CrossEntropy(), Adam{.lr = schedule::linear(0.3, 0.1, 30)},
                {.device = settings.device, .seed = 5, .accumulate = settings.accumulate}) {
    const auto cutter = std::make_shared<Cutter>(folder / "cut.safetensors", cut_epoch, cut_batch);
    callbacks = {before, callbacks::early_stopping(3), callbacks::checkpoint(folder / "run", 2),
                 callbacks::write_history(folder / "history.json"), behind};
    callbacks.insert(settings.cutter_first ? callbacks.begin() : callbacks.begin() + 3, cutter);
  }
  History fit(int epochs) {
    return trainer.fit(
        rows(26),
        {.epochs = epochs, .batch_size = 7, .validation = rows(12, 1), .callbacks = callbacks, .quiet = true});
  }
  Values values() {
    Values out;
    for (const StateEntry& entry : model.state_dict()) out.push_back(entry.variable.value().to_vector<double>());
    const Parameters state = trainer.optimizer().state();
    for (const Variable& v : state) out.push_back(v.value().to_vector<double>());
    return out;
  }

  Sequential model{Linear(4, 16), BatchNorm(16), ReLU(), Dropout(0.3), Linear(16, 3)};
  Trainer trainer;
  std::shared_ptr<Counter> before = std::make_shared<Counter>(), behind = std::make_shared<Counter>();
  std::vector<std::shared_ptr<Callback>> callbacks;
};

using Figures = std::vector<std::tuple<int, double, double, double, double>>;

Figures figures(const History& history) {
  Figures out;
  for (const Epoch& e : history.epochs)
    out.emplace_back(e.number, e.loss, e.accuracy, e.validation_loss, e.validation_accuracy);
  return out;
}

std::set<std::string> names_in(const std::filesystem::path& folder) {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) out.insert(entry.path().filename().string());
  return out;
}

// Everything that a run leaves behind, except times.
struct Outcome {
  Outcome(Program& program, const History& history, const std::filesystem::path& folder)
      : values(program.values()),
        epochs(figures(history)),
        best_loss(history.best_validation_loss),
        counts{program.before->batches, program.before->epochs, program.behind->batches, program.behind->epochs},
        files(names_in(folder / "run")),
        best(read_file(folder / "run" / "best.safetensors")) {
    const std::string json = read_file(folder / "history.json");
    for (std::size_t at = json.find("\"epoch\""); at != std::string::npos; at = json.find("\"epoch\"", at + 1))
      ++written_epochs;
  }
  bool operator==(const Outcome&) const = default;

  Values values;
  Figures epochs;
  double best_loss;
  std::vector<std::int64_t> counts;
  std::set<std::string> files;
  std::string best;
  int written_epochs = 0;
};

class ResumeOn : public EveryDevice {
 protected:
  Outcome whole(const Settings& settings) const {
    const std::filesystem::path folder = directory_ / "whole";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    Program program(settings, folder, 0, 0);
    return {program, program.fit(kEpochs), folder};
  }
  // The run cut in a batch of an epoch, and resumed from what it saved there.
  Outcome cut(const Settings& settings, int epoch, int batch) const {
    const std::filesystem::path folder = directory_ / "cut";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directory(folder);
    Program first(settings, folder, epoch, batch);
    EXPECT_THROW(first.fit(kEpochs), Cut);
    Program second(settings, folder, 0, 0);
    const std::optional<int> next = second.trainer.resume(folder / "cut.safetensors");
    EXPECT_EQ(next, batch == 0 ? epoch + 1 : epoch);
    return {second, second.fit(kEpochs + 1 - next.value_or(1)), folder};
  }
  void expect_same(const Settings& settings, const std::vector<std::pair<int, int>>& cuts) const {
    const Outcome wanted = whole(settings);
    ASSERT_LT(wanted.epochs.size(), kEpochs) << "early stopping must end the run";
    ASSERT_GE(wanted.epochs.size(), 4u);
    for (const auto& place : cuts) {
      const Outcome got = cut(settings, place.first, place.second);
      const std::string where = "epoch " + std::to_string(place.first) + " batch " + std::to_string(place.second);
      EXPECT_EQ(got.epochs, wanted.epochs) << where;
      EXPECT_EQ(got.values, wanted.values) << where;
      EXPECT_EQ(got.best_loss, wanted.best_loss) << where;
      EXPECT_EQ(got.counts, wanted.counts) << where;
      EXPECT_EQ(got.files, wanted.files) << where;
      EXPECT_TRUE(got.best == wanted.best) << where;
      EXPECT_EQ(got.written_epochs, wanted.written_epochs) << where;
    }
  }
  TemporaryDirectory directory_;
};
WEFT_ON_EVERY_DEVICE(ResumeOn);

TEST_P(ResumeOn, GivesTheBitsOfTheWholeRun) {
  expect_same({device()}, {{1, 1}, {1, 0}, {3, 2}, {3, kBatches}, {4, 0}, {5, 1}, {5, 0}});
}

TEST_P(ResumeOn, TellsTheCallbacksThatAreLeft) { expect_same({device(), 1, true}, {{2, 3}, {3, 0}, {5, 0}}); }

// Three batches are an update: places within one, and behind the last batch, whose update is still to come.
TEST_P(ResumeOn, WithinAnUpdateOfSeveralBatches) {
  expect_same({device(), 3}, {{1, 1}, {2, 2}, {2, 3}, {3, kBatches}, {4, 0}});
}

}  // namespace
}  // namespace weft::testing
