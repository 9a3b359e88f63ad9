// SPDX-License-Identifier: Apache-2.0
// Rules of resume(): folders, seeds, old files, other callbacks, files that no trainer has written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/callbacks.h"
#include "weft/checkpoint.h"
#include "weft/classification_loss.h"
#include "weft/compile.h"
#include "weft/linear.h"
#include "weft/loader.h"
#include "weft/ops.h"
#include "weft/safetensors.h"
#include "weft/sequential.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Callbacks = std::vector<std::shared_ptr<Callback>>;

constexpr std::int64_t kRows = 12;

Dataset rows(std::int64_t n = kRows) {
  std::vector<float> x;
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) x.push_back(static_cast<float>((i * 7 + j * 3) % 5) - 2);
    y.push_back(i % 3);
  }
  return Dataset({Tensor::of(x, {n, 4}), Tensor::of(y, {n})});
}

struct Net {
  explicit Net(std::uint64_t seed = 1, int accumulate = 1)
      : trainer(model, CrossEntropy(), Adam{.lr = 0.1}, {.seed = seed, .accumulate = accumulate}) {}
  History fit(int epochs, Callbacks callbacks = {}) {
    return trainer.fit(rows(), {.epochs = epochs, .batch_size = 4, .callbacks = std::move(callbacks), .quiet = true});
  }
  std::vector<float> values() {
    std::vector<float> out;
    for (const Variable& v : model.parameters())
      for (const float x : v.value().to_vector()) out.push_back(x);
    return out;
  }
  Sequential model{Linear(4, 8), Tanh(), Linear(8, 3)};
  Trainer trainer;
};

// Calls a function at a batch of the first epoch, or at its end for batch 0.
struct At : Callback {
  At(std::int64_t in_batch, std::function<void(FitState&)> call) : batch(in_batch), function(std::move(call)) {}
  void on_batch(FitState& at) override {
    if (at.batch == batch && at.history.epochs.empty()) function(at);
  }
  void on_epoch(FitState& at) override {
    if (batch == 0 && at.history.epochs.size() == 1) function(at);
  }
  std::int64_t batch;
  std::function<void(FitState&)> function;
};

std::shared_ptr<Callback> saver(const std::filesystem::path& path, std::int64_t batch) {
  return std::make_shared<At>(batch, [path](FitState& at) { at.trainer.save(path); });
}

// Writes a file again with some of its tensors left out or replaced.
void edit(const std::filesystem::path& from, const std::filesystem::path& to,
          const std::function<std::optional<Tensor>(const std::string&, const Tensor&)>& change) {
  const SafetensorsFile file(from, {.map = false});
  std::vector<std::pair<std::string, Tensor>> kept;
  for (const std::string& name : file.names())
    if (std::optional<Tensor> value = change(name, file.tensor(name))) kept.emplace_back(name, *std::move(value));
  write_safetensors(to, std::move(kept), file.metadata());
}

TEST(ResumeRules, AFolderStandsForItsLatestEpoch) {
  const TemporaryDirectory directory;
  Net first, second;
  EXPECT_EQ(second.trainer.resume(directory.path()), std::nullopt);
  EXPECT_EQ(second.trainer.resume(directory / "none"), std::nullopt);
  for (const char* name :
       {"epoch-.safetensors", "epoch-0099.safetensors.old", "epoch-00x9.safetensors", "epoch-0000.safetensors"})
    write_file(directory / name, "no checkpoint");
  const std::filesystem::path& runs = directory.path();
  first.fit(11, {callbacks::checkpoint(runs, 3)});
  EXPECT_EQ(second.trainer.resume(runs), 12);
  EXPECT_EQ(second.values(), first.values());
  EXPECT_EQ(second.trainer.resume(runs / "epoch-0010.safetensors"), 11);
  const History history = second.fit(1, {callbacks::checkpoint(runs, 3)});
  EXPECT_EQ(history.epochs.size(), 11u);
  EXPECT_EQ(second.values(), first.values());
}

TEST(ResumeRules, ARunThatHasNoEpochLeftOnlyEnds) {
  const TemporaryDirectory directory;
  const auto best = [](Net& net, int epochs, const std::filesystem::path& folder) {
    return net.fit(epochs, {callbacks::checkpoint(folder), callbacks::early_stopping(50)});
  };
  Net first, second;
  best(first, 3, directory.path());
  EXPECT_EQ(second.trainer.resume(directory.path()), 4);
  EXPECT_EQ(best(second, 0, directory.path()).epochs.size(), 3u);
  EXPECT_EQ(second.values(), first.values());
  EXPECT_THROW(second.fit(0), ValueError);  // the run is over
}

TEST(ResumeRules, BetweenTwoFitsThereIsNoRun) {
  const TemporaryDirectory directory;
  Net first, second;
  first.fit(2);
  first.trainer.save(directory / "a");
  EXPECT_EQ(second.trainer.resume(directory / "a"), 3);
  const History expected = first.fit(1), got = second.fit(1);
  ASSERT_EQ(got.epochs.size(), 1u);
  EXPECT_EQ(got.epochs[0].number, 3);
  EXPECT_EQ(got.epochs[0].loss, expected.epochs[0].loss);
  EXPECT_EQ(second.values(), first.values());
}

TEST(ResumeRules, AResumedRunCanBeSavedBeforeItGoesOn) {
  const TemporaryDirectory directory;
  Net first, second, third;
  first.fit(2, {saver(directory / "a", 2)});
  ASSERT_EQ(second.trainer.resume(directory / "a"), 1);
  second.trainer.save(directory / "b");
  ASSERT_EQ(third.trainer.resume(directory / "b"), 1);
  EXPECT_EQ(third.fit(2, {saver(directory / "c", -1)}).epochs.size(), 2u);
  EXPECT_EQ(third.values(), first.values());
}

TEST(ResumeRules, AnotherSeedIsAnError) {
  const TemporaryDirectory directory;
  Net first(1), other(2);
  first.fit(1);
  first.trainer.save(directory / "a");
  const std::vector<float> before = other.values();
  EXPECT_THAT(message_of<ValueError>([&] { other.trainer.resume(directory / "a"); }),
              HasSubstr("a: it was saved with seed 1, the trainer has seed 2; give it the seed of the file"));
  EXPECT_EQ(other.values(), before);

  Linear layer(1, 1);
  Loader loader(rows(), {.seed = 3}), wrong(rows(), {.seed = 4});
  Checkpoint(layer, loader).save(directory / "own");
  EXPECT_THAT(message_of<ValueError>([&] { Checkpoint(layer, wrong).resume(directory / "own"); }),
              HasSubstr("it was saved with seed 3, the loader has seed 4"));
  EXPECT_TRUE(Checkpoint(layer, loader).resume(directory / "own"));
}

TEST(ResumeRules, ALoaderWithoutASeedTakesTheFiles) {
  const TemporaryDirectory directory;
  Linear layer(1, 1);
  Loader loader(rows()), fresh(rows());
  ASSERT_NE(loader.seed(), fresh.seed());
  Checkpoint(layer, loader).save(directory / "own");
  EXPECT_TRUE(Checkpoint(layer, fresh).resume(directory / "own"));
  EXPECT_EQ(loader.seed(), fresh.seed());
}

TEST(ResumeRules, FilesFromBeforeRunsWereSavedAreTaken) {
  const TemporaryDirectory directory;
  Net first, second;
  first.fit(2, {saver(directory / "new", 0)});
  edit(directory / "new", directory / "old", [](const std::string& name, const Tensor& value) {
    const bool old = !name.starts_with("run/") && name != "3/waiting" && !name.ends_with("reached");
    return old ? std::optional(value) : std::nullopt;
  });
  EXPECT_EQ(second.trainer.resume(directory / "old"), 2);
  const History history = second.fit(1);  // a run of its own
  ASSERT_EQ(history.epochs.size(), 1u);
  EXPECT_EQ(history.epochs[0].number, 2);
  EXPECT_EQ(second.values(), first.values());

  Linear layer(1, 1);
  Loader loader(rows(), {.seed = 3});
  Checkpoint(layer, loader).save(directory / "own");
  edit(directory / "own", directory / "own", [](const std::string& name, const Tensor& value) {
    return name.ends_with("seed") ? std::nullopt : std::optional(value);
  });
  EXPECT_TRUE(Checkpoint(layer, loader).resume(directory / "own"));
}

TEST(ResumeRules, TheEpochAtHandGoesOnWithTheSameBatches) {
  const TemporaryDirectory directory;
  Net first, second;
  first.fit(1, {saver(directory / "a", 2)});
  ASSERT_TRUE(second.trainer.resume(directory / "a"));
  const auto refusal = [&](const Dataset& data, const FitOptions& options) {
    return message_of<ValueError>([&] { second.trainer.fit(data, options); });
  };
  const Callbacks same{saver(directory / "b", -1)};
  EXPECT_THAT(refusal(rows(), {.batch_size = 3, .callbacks = same, .quiet = true}),
              HasSubstr("within an epoch of 12 rows, batch_size 4, shuffle 1, drop_last 0; fit() is given 12 rows, "
                        "batch_size 3, shuffle 1, drop_last 0; give the same until the epoch ends"));
  EXPECT_THAT(refusal(rows(13), {.batch_size = 4, .callbacks = same, .quiet = true}), HasSubstr("is given 13 rows"));
  EXPECT_THAT(refusal(rows(), {.batch_size = 4, .callbacks = same, .shuffle = false, .quiet = true}),
              HasSubstr("shuffle 0"));
  EXPECT_THAT(refusal(rows(), {.epochs = 0, .batch_size = 4, .callbacks = same, .quiet = true}),
              HasSubstr("epochs is 0, the resumed run wants at least 1, because it was saved within an epoch"));
  second.fit(1, same);  // what was refused has cost nothing
  EXPECT_EQ(second.values(), first.values());
}

TEST(ResumeRules, CallbacksAreTheSameInTheirOrder) {
  const TemporaryDirectory directory;
  Net first, second;
  first.fit(3, {saver(directory / "a", 0), callbacks::early_stopping(5)});
  ASSERT_TRUE(second.trainer.resume(directory / "a"));
  EXPECT_THAT(message_of<ValueError>([&] { second.fit(2, {saver(directory / "b", -1)}); }),
              HasSubstr("the resumed run has 2 callbacks, fit() is given 1; give the same ones in their order"));
  EXPECT_THAT(message_of<ValueError>([&] {
                second.fit(2, {callbacks::early_stopping(5), saver(directory / "b", -1)});
              }),
              HasSubstr("callback 0 of the resumed run is At, fit() is given EarlyStopping"));
  EXPECT_THAT(message_of<ValueError>([&] { second.fit(2, {nullptr}); }), HasSubstr("callback 0 is null"));
  second.fit(2, {saver(directory / "b", -1), callbacks::early_stopping(5), callbacks::write_history(directory / "h")});
  EXPECT_EQ(second.values(), first.values());
}

TEST(ResumeRules, ACallbackMayFitAndNotResume) {
  const TemporaryDirectory directory;
  Net net;
  net.trainer.save(directory / "a");
  EXPECT_THAT(message_of<ValueError>([&] {
                net.fit(1, {std::make_shared<At>(1, [&](FitState& at) { at.trainer.resume(directory / "a"); })});
              }),
              HasSubstr("[resume] a callback calls resume() of its own trainer"));
  // The run of the outer call is what is saved after an inner one.
  const auto fits = std::make_shared<At>(0, [&](FitState& at) {
    EXPECT_EQ(net.fit(2).epochs.size(), 2u);
    at.trainer.save(directory / "b");
  });
  EXPECT_EQ(net.fit(2, {fits}).epochs.size(), 2u);
  Net second;
  EXPECT_EQ(second.trainer.resume(directory / "b"), 4);
  EXPECT_EQ(second.fit(1, {saver(directory / "c", -1)}).epochs.size(), 2u);
  EXPECT_EQ(second.values(), net.values());
}

TEST(ResumeRules, AnUpdateAtHandNeedsAsManyBatches) {
  const TemporaryDirectory directory;
  Net first(1, 3), second(1, 2), third(1, 3);
  first.fit(1, {saver(directory / "a", 2)});
  EXPECT_THAT(message_of<ValueError>([&] { second.trainer.resume(directory / "a"); }),
              HasSubstr("it was saved after 2 batches of an update, this trainer can go on after 0 to 1"));
  EXPECT_EQ(third.trainer.resume(directory / "a"), 1);
}

// Gradients that wait for an update are in the file, and so is which parameters they have reached.
TEST(ResumeRules, OwnLoopsResumeBetweenAccumulateAndUpdate) {
  const TemporaryDirectory directory;
  struct Run {
    Sequential model{Linear(4, 3)};
    Optimizer optimizer;
    Compiled<void(Tensor, Tensor)> micro;
    Run()
        : optimizer((model.initialize(2), model.parameters()), SGD{.lr = 0.1}),
          micro([this](Tensor x, Tensor y) { optimizer.accumulate(cross_entropy(model(x), y)); }, {}) {}
    std::vector<float> weight() { return model.get<Linear>(0).weight.value().to_vector(); }
  };
  Run first, second;
  const std::vector<float> before = first.weight();
  const DeviceScope on(first.model.get<Linear>(0).weight.device());
  first.micro(rows().column(0), rows().column(1));
  Checkpoint(first.model, first.optimizer).save(directory / "a");
  ASSERT_TRUE(Checkpoint(second.model, second.optimizer).resume(directory / "a"));
  first.optimizer.update();
  second.optimizer.update();
  EXPECT_NE(first.weight(), before);
  EXPECT_EQ(second.weight(), first.weight());
}

TEST(ResumeRules, RunsThatNoTrainerHasWrittenChangeNothing) {
  const TemporaryDirectory directory;
  Net first;
  first.fit(2, {saver(directory / "a", 0), callbacks::early_stopping(5)});
  const DeviceScope here(Device::cpu());
  const std::vector<std::pair<std::string, std::optional<Tensor>>> faults{
      {"run/hook", Tensor::scalar<std::int64_t>(3)},
      {"run/hook", Tensor::scalar<std::int64_t>(0)},
      {"run/hook", std::nullopt},
      {"run/told", Tensor::scalar<std::int64_t>(3)},
      {"run/batch", Tensor::scalar<std::int64_t>(-1)},
      {"run/batch", Tensor::scalar(1.0)},
      {"run/batch_size", Tensor::scalar<std::int64_t>(0)},
      {"run/callbacks", Tensor::scalar<std::int64_t>(1000)},
      {"run/callbacks/1", std::nullopt},
      {"run/history", ones({1, 3}, DType::kF64)},
      {"run/history", zeros({1, 7}, DType::kF64)},
      {"run/history", zeros({0, 7}, DType::kF64)},
      {"run/seconds", Tensor::scalar(1.0f)},
      {"run/figures/loss", std::nullopt},
      {"run/figures/weight", Tensor::scalar(1.0f)},
      {"run/stop", Tensor::scalar<std::int64_t>(2)}};
  for (const auto& [name, value] : faults) {
    edit(directory / "a", directory / "b", [&, wanted = name, put = value](const std::string& n, const Tensor& given) {
      return n == wanted ? put : std::optional(given);
    });
    Net second;
    const std::vector<float> before = second.values();
    EXPECT_THAT(message_of<FormatError>([&] { second.trainer.resume(directory / "b"); }), HasSubstr("b: the run"))
        << name;
    EXPECT_EQ(second.values(), before) << name;
    EXPECT_EQ(second.fit(1).epochs[0].number, 1) << name;
  }
}

TEST(ResumeRules, StatesThatACallbackDoesNotKnowAreErrors) {
  const TemporaryDirectory directory;
  Net first;
  const auto stopping = callbacks::early_stopping(5);
  first.fit(2, {saver(directory / "a", 0), stopping});
  EXPECT_THAT(message_of<FormatError>([&] {
                stopping->load_state_dict({{"waited", Tensor::scalar(1.0f)}});
              }),
              HasSubstr("the callback's state has no 'best'"));
  struct Undefined : Callback {
    std::map<std::string, Tensor> state_dict() const override { return {{"nothing", Tensor()}}; }
  };
  EXPECT_THAT(message_of<ValueError>([&] {
                first.fit(1, {std::make_shared<Undefined>(), callbacks::checkpoint(directory / "runs")});
              }),
              HasSubstr("state_dict() of callback 0 (Undefined) gives no value for 'nothing'; leave it out"));
}

TEST(CheckpointCallback, LeavesTheFilesOfOthersAlone) {
  const TemporaryDirectory directory;
  write_file(directory / "writable.safetensors", "mine");
  Net net;
  net.fit(1, {callbacks::checkpoint(directory.path())});
  EXPECT_EQ(read_file(directory / "writable.safetensors"), "mine");
}

// A program may end between writing a file and removing an old one.
TEST(CheckpointCallback, RemovesWhatAnEndedProgramLeft) {
  const TemporaryDirectory directory;
  const std::filesystem::path runs = directory / "runs";
  Net first, second;
  first.fit(4, {callbacks::checkpoint(runs, 2)});
  ASSERT_FALSE(std::filesystem::exists(runs / "epoch-0002.safetensors"));
  write_file(runs / "epoch-0002.safetensors", "left");
  write_file(runs / "epoch-0001.safetensors", "of another run");
  ASSERT_EQ(second.trainer.resume(runs), 5);
  second.fit(0, {callbacks::checkpoint(runs, 2)});
  EXPECT_FALSE(std::filesystem::exists(runs / "epoch-0002.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(runs / "epoch-0003.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(runs / "epoch-0001.safetensors"));
}

}  // namespace
}  // namespace weft::testing
