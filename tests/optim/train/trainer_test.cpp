// SPDX-License-Identifier: Apache-2.0
#include "weft/trainer.h"
#include "weft/regression_loss.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/checkpoint.h"
#include "weft/classification_loss.h"
#include "weft/datasets.h"
#include "weft/dropout.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/sequential.h"
#include "weft/serialize.h"

namespace weft::testing {
namespace {

using Values = std::vector<std::vector<double>>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Sequential noisy_net() { return Sequential{Linear(4, 16), BatchNorm(16), ReLU(), Dropout(0.3), Linear(16, 3)}; }
Sequential plain_net() { return Sequential{Linear(4, 8), Tanh(), Linear(8, 3)}; }

Dataset rows(std::int64_t n, float poison = 0, std::int64_t where = -1) {
  std::vector<float> x;
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) x.push_back(std::sin(static_cast<float>(i * 7 + j * 3 + i * j)));
    y.push_back(x[static_cast<std::size_t>(4 * i)] > 0.3f ? 2 : x[static_cast<std::size_t>(4 * i + 1)] > 0 ? 1 : 0);
  }
  if (where >= 0) x[static_cast<std::size_t>(4 * where + 1)] = poison;
  return Dataset({Tensor::of(x, {n, 4}), Tensor::of(y, {n})});
}

Values values(Module& module) {
  Values out;
  for (const StateEntry& entry : module.state_dict()) out.push_back(entry.variable.value().to_vector<double>());
  return out;
}

// Notes every call, and stops after a given epoch.
struct Notes : Callback {
  void on_train_begin(FitState&) override { text += "begin "; }
  void on_batch(FitState& at) override { text += std::to_string(at.samples) + " "; }
  void on_epoch(FitState& at) override {
    text += "epoch" + std::to_string(at.history.epochs.back().number) + " ";
    at.stop = at.epoch == stop_after;
  }
  void on_train_end(FitState&) override { text += "end"; }
  std::string text;
  int stop_after = 100;
};

TEST(Trainer, LearnsDigits) {
  const Split digits = data::digits();
  Sequential model{Linear(64, 64), BatchNorm(64), ReLU(), Dropout(0.1), Linear(64, 10)};
  Trainer trainer(model, CrossEntropy(), AdamW{.lr = 3e-3}, {.seed = 7});
  const History history =
      trainer.fit(digits.train, {.epochs = 4, .batch_size = 64, .validation = digits.test, .quiet = true});
  ASSERT_EQ(history.epochs.size(), 4u);
  EXPECT_LT(history.epochs[3].loss, history.epochs[0].loss);
  EXPECT_GT(history.epochs[3].accuracy, 0.9);
  EXPECT_GT(history.epochs[3].validation_accuracy, 0.9);
  EXPECT_GT(history.epochs[3].samples_per_second, 0);
  // The figures are those of the definitions.
  const Metrics m = trainer.evaluate(digits.test, 100);
  const Tensor logits = trainer.predict(digits.test.column(0), 37);
  EXPECT_EQ(logits.shape(), (Shape{digits.test.size(), 10}));
  const Tensor y = digits.test.column(1).to(logits.device());
  EXPECT_NEAR(m.accuracy, accuracy(logits, y).item(), 1e-6);
  EXPECT_NEAR(m.loss, cross_entropy(logits, y).item(), 1e-5);
  EXPECT_NEAR(m.loss, history.epochs[3].validation_loss, 1e-6);
  EXPECT_LE(history.best_validation_loss, history.epochs[3].validation_loss);
}

TEST(Trainer, TheSeedDecidesEverything) {
  const auto run = [](std::uint64_t seed) {
    Sequential model = noisy_net();
    Trainer trainer(model, CrossEntropy(), Adam{}, {.seed = seed});
    trainer.fit(rows(50), {.epochs = 2, .batch_size = 16, .quiet = true});
    return values(model);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

// An ensemble: models of one program differ, and the global seed repeats all of them.
TEST(Trainer, ItsSeedComesFromTheGlobalOne) {
  const auto ensemble = [](std::uint64_t global) {
    weft::seed(global);
    const TrainerOptions shared;
    std::vector<Values> all;
    for (int i = 0; i < 2; ++i) {
      Sequential model = noisy_net();
      Trainer trainer(model, CrossEntropy(), Adam{}, shared);
      all.push_back(values(model));
      trainer.fit(rows(50), {.epochs = 1, .batch_size = 16, .quiet = true});
      all.push_back(values(model));
    }
    return all;
  };
  const std::vector<Values> first = ensemble(1);
  EXPECT_NE(first[0], first[2]);
  EXPECT_NE(first[1], first[3]);
  EXPECT_EQ(ensemble(1), first);
  EXPECT_NE(ensemble(2)[0], first[0]);
}

TEST(Trainer, ThatHasNoSeedTakesTheFiles) {
  const TemporaryDirectory directory;
  const FitOptions epoch{.epochs = 1, .batch_size = 16, .quiet = true};
  Sequential first = noisy_net(), second = noisy_net();
  Trainer before(first, CrossEntropy(), Adam{}), after(second, CrossEntropy(), Adam{});
  before.fit(rows(50), epoch);
  before.save(directory / "run");
  EXPECT_TRUE(after.resume(directory / "run"));
  before.fit(rows(50), epoch);
  after.fit(rows(50), epoch);
  EXPECT_EQ(values(second), values(first));
}

TEST(Trainer, ResumesBitForBit) {
  const TemporaryDirectory directory;
  const FitOptions two{.epochs = 2, .batch_size = 16, .quiet = true}, one{.epochs = 1, .batch_size = 16, .quiet = true};
  const Recipe recipe = AdamW{.lr = schedule::linear(0.01, 0.001, 8)};
  Sequential straight = noisy_net();
  Trainer(straight, CrossEntropy(), recipe, {.seed = 5}).fit(rows(50), {.epochs = 3, .batch_size = 16, .quiet = true});

  Sequential first = noisy_net(), second = noisy_net();
  Trainer before(first, CrossEntropy(), recipe, {.seed = 5});
  before.fit(rows(50), two);
  before.save(directory / "run");
  Trainer after(second, CrossEntropy(), recipe, {.seed = 5});
  EXPECT_FALSE(after.resume(directory / "none"));
  EXPECT_TRUE(after.resume(directory / "run"));
  EXPECT_EQ(values(second), values(first));
  after.fit(rows(50), one);
  EXPECT_EQ(values(second), values(straight));

  Sequential other = plain_net();
  Trainer wrong(other, CrossEntropy(), recipe);
  const Values kept = values(other);
  EXPECT_THROW(wrong.resume(directory / "run"), Error);
  EXPECT_EQ(values(other), kept);
}

TEST(Trainer, ModesAreLeftAlone) {
  Sequential model = noisy_net();
  Trainer trainer(model, CrossEntropy(), Adam{});
  model.get<Dropout>(3).eval();
  const auto modes = [&] {
    std::string out;
    model.apply([&](const std::string&, Module& m) { out += m.training() ? 't' : 'e'; });
    return out;
  };
  const std::string before = modes();
  const Tensor x = rows(8).column(0);
  const std::vector<float> once = trainer.predict(x).to_vector();
  EXPECT_EQ(trainer.predict(x).to_vector(), once);  // no dropout
  const std::vector<float> parts = trainer.predict(x, 3).to_vector();
  for (std::size_t i = 0; i < once.size(); ++i) EXPECT_NEAR(parts[i], once[i], 1e-6);  // no batch statistics
  EXPECT_THROW(trainer.predict(ones({2, 5})), ShapeError);
  trainer.evaluate(rows(8));
  trainer.fit(rows(8), {.quiet = true});
  EXPECT_EQ(modes(), before);
}

TEST(Trainer, AccumulatedBatchesAreOneUpdate) {
  const auto run = [](std::int64_t batch, int accumulate) {
    Sequential model = plain_net();
    Trainer trainer(model, CrossEntropy(), SGD{.lr = 0.3, .momentum = 0.9}, {.seed = 3, .accumulate = accumulate});
    trainer.fit(rows(40), {.epochs = 3, .batch_size = batch, .shuffle = false, .quiet = true});
    EXPECT_EQ(trainer.optimizer().updates(), 9);
    return values(model);
  };
  const Values big = run(16, 1), small = run(8, 2);  // 16 + 16 + 8 rows
  for (std::size_t i = 0; i < big.size(); ++i)
    for (std::size_t j = 0; j < big[i].size(); ++j) EXPECT_NEAR(big[i][j], small[i][j], 1e-5);
}

TEST(Trainer, CallbacksHearEverythingAndCanStop) {
  const TemporaryDirectory directory;
  Sequential model = plain_net();
  Trainer trainer(model, MSE(), SGD{});
  const Dataset regression({rows(10).column(0), zeros({10, 3})});
  const auto notes = std::make_shared<Notes>();
  notes->stop_after = 2;
  const History history = trainer.fit(regression, {.epochs = 9,
                                                   .batch_size = 4,
                                                   .callbacks = {notes, callbacks::write_history(directory / "h.json")},
                                                   .quiet = true});
  EXPECT_EQ(notes->text, "begin 4 8 10 epoch1 4 8 10 epoch2 end");
  EXPECT_TRUE(std::isnan(history.epochs[0].accuracy));
  EXPECT_TRUE(std::isnan(history.epochs[0].validation_loss));
  const std::string json = testing::read_file(directory / "h.json");
  EXPECT_NE(json.find("\"epoch\": 2"), std::string::npos) << json;
  EXPECT_NE(json.find("\"accuracy\": null"), std::string::npos) << json;
}

TEST(Trainer, EarlyStoppingRestoresTheBest) {
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), SGD{.lr = 30}, {.seed = 1});  // far too high: the loss rises soon
  const Dataset data = rows(30);
  const History history = trainer.fit(
      data,
      {.epochs = 30, .batch_size = 10, .validation = data, .callbacks = {callbacks::early_stopping(2)}, .quiet = true});
  ASSERT_LT(history.epochs.size(), 30u);
  std::size_t best = 0;
  for (std::size_t e = 0; e < history.epochs.size(); ++e)
    if (history.epochs[e].validation_loss < history.epochs[best].validation_loss) best = e;
  EXPECT_EQ(history.epochs.size(), best + 3);  // two epochs of patience
  EXPECT_NE(history.epochs.back().validation_loss, history.best_validation_loss);
  EXPECT_EQ(trainer.evaluate(data).loss, history.best_validation_loss);
}

TEST(Trainer, CheckpointsKeepTheLastAndTheBest) {
  const TemporaryDirectory directory;
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), Adam{.lr = 0.01});
  const auto runs = directory / "runs";
  trainer.fit(rows(30), {.epochs = 4, .callbacks = {callbacks::checkpoint(runs, 2)}, .quiet = true});
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(runs)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"best.safetensors", "epoch-0003.safetensors", "epoch-0004.safetensors"}));
  Sequential best = plain_net(), last = plain_net();
  EXPECT_EQ(load(best, runs / "best.safetensors").loaded.size(), 4u);
  Trainer again(last, CrossEntropy(), Adam{.lr = 0.01});
  EXPECT_TRUE(again.resume(runs / "epoch-0004.safetensors"));
  EXPECT_EQ(values(last), values(model));
}

TEST(Trainer, AnUnwritableDirectoryIsAnErrorBeforeTraining) {
  const TemporaryDirectory directory;
  testing::write_file(directory / "file", "in the way");
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), Adam{});
  const Values before = values(model);
  const std::string message = message_of<FormatError>([&] {
    trainer.fit(rows(8), {.callbacks = {callbacks::checkpoint(directory / "file" / "runs")}, .quiet = true});
  });
  EXPECT_NE(message.find("[checkpoint]"), std::string::npos) << message;
  EXPECT_EQ(values(model), before);
  EXPECT_THROW(
      trainer.fit(rows(8), {.callbacks = {callbacks::write_history(directory / "file" / "h.json")}, .quiet = true}),
      FormatError);
}

TEST(Trainer, NamesTheRowThatIsNotFinite) {
  Sequential model = noisy_net();
  Trainer trainer(model, CrossEntropy(), Adam{}, {.seed = 1});
  const Values before = values(model);
  const std::string message =
      message_of<DataError>([&] { trainer.fit(rows(12, kNaN, 7), {.batch_size = 12, .quiet = true}); });
  EXPECT_NE(message.find("batch 0 of epoch 1"), std::string::npos) << message;
  EXPECT_NE(message.find("column 0 of the training data, row 7"), std::string::npos) << message;
  EXPECT_EQ(values(model), before);  // running statistics, too
}

TEST(Trainer, NamesTheLayerThatIsNotFinite) {
  Sequential model{Linear(4, 3), [](Tensor x) { return log(x - 100.0); }, Linear(3, 3)};
  Trainer trainer(model, CrossEntropy(), Adam{});
  const Values before = values(model);
  const std::string message = message_of<DataError>([&] { trainer.fit(rows(12), {.quiet = true}); });
  EXPECT_NE(message.find("output of 1 (lambda)"), std::string::npos) << message;
  EXPECT_EQ(values(model), before);
}

TEST(Trainer, NamesTheParameterAndTheGradient) {
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), Adam{});
  const Parameter& bias = model.get<Linear>(2).bias;
  bias.assign(Tensor::of<float>({0, kNaN, 0}, {3}));
  EXPECT_NE(message_of<DataError>([&] { trainer.fit(rows(12), {.quiet = true}); }).find("parameter 2.bias"),
            std::string::npos);
  // sqrt(0) is 0, its slope is not finite.
  Sequential flat{Linear(4, 3), [](Tensor x) { return sqrt(square(x * 0.0)) + x; }};
  Trainer second(flat, CrossEntropy(), Adam{});
  EXPECT_NE(message_of<DataError>([&] { second.fit(rows(12), {.quiet = true}); }).find("the gradient of 0.weight"),
            std::string::npos);
}

TEST(Trainer, BadInput) {
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), Adam{});
  EXPECT_THROW(trainer.fit(Dataset()), ValueError);
  EXPECT_THROW(trainer.fit(Dataset({ones({3, 4})})), ValueError);
  EXPECT_THROW(trainer.fit(rows(3), {.batch_size = 0}), ValueError);
  EXPECT_THROW(trainer.fit(rows(3), {.epochs = 0}), ValueError);
  EXPECT_THROW(trainer.evaluate(Dataset()), ValueError);
  EXPECT_THROW(trainer.predict(zeros({0, 4})), ValueError);
  EXPECT_THROW(callbacks::early_stopping(0), ValueError);
  EXPECT_THROW(Trainer(model, CrossEntropy(), Adam{}, {.accumulate = 0}), ValueError);
}

TEST(Checkpoint, OwnLoopResumesBitForBit) {
  const TemporaryDirectory directory;
  struct Run {
    Sequential model = noisy_net();
    Generator generator{9};
    Loader loader{rows(20), {.batch_size = 8, .seed = 4}};
    Optimizer optimizer;
    Checkpoint checkpoint{model, optimizer, loader, generator};
    Compiled<void(Tensor, Tensor)> micro;
    Run()
        : optimizer((model.initialize(2), model.parameters()), Adam{.lr = 0.01}),
          micro([this](Tensor x, Tensor y) { optimizer.accumulate(cross_entropy(model(x), y)); }, {}) {}
    void epoch() {
      const GeneratorScope draws(generator);
      int batch = 0;
      for (auto [x, y] : loader) {
        micro(x, y);
        if (++batch % 2 == 0) optimizer.update();  // three batches: one is left over when the epoch ends
      }
    }
  };
  Run straight, first, second;
  for (int e = 0; e < 4; ++e) straight.epoch();
  first.epoch();
  first.epoch();
  first.checkpoint.save(directory / "c");
  ASSERT_TRUE(second.checkpoint.resume(directory / "c"));
  second.epoch();
  second.epoch();
  EXPECT_EQ(values(second.model), values(straight.model));
}

}  // namespace
}  // namespace weft::testing
