// SPDX-License-Identifier: Apache-2.0
// Trainers whose recipes average: what is evaluated, predicted, validated and kept as best is the average, and what is
// trained and saved in checkpoints is not.
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

Dataset digits_from(std::int64_t first) {
  std::vector<std::int64_t> rows(96);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = first + static_cast<std::int64_t>(i);
  return data::digits().train.subset(rows);
}

struct Training {
  explicit Training(const Recipe& recipe, Device device, int accumulate = 1)
      : trainer(model, CrossEntropy(), recipe, {.device = device, .seed = 3, .accumulate = accumulate}) {}
  History fit(int epochs, std::vector<std::shared_ptr<Callback>> callbacks = {}) {
    return trainer.fit(digits_from(0), {.epochs = epochs,
                                        .batch_size = 16,
                                        .validation = digits_from(200),
                                        .callbacks = std::move(callbacks),
                                        .quiet = true});
  }
  std::vector<float> values() {
    std::vector<float> out;
    for (const Variable& v : model.parameters())
      for (const float x : v.value().to_vector()) out.push_back(x);
    return out;
  }
  std::vector<float> averages() {
    const EvaluationScope scope(trainer.optimizer());
    return values();
  }

  Sequential model{Linear(64, 24), ReLU(), Linear(24, 10)};
  Trainer trainer;
};

std::vector<Recipe> averaging() {
  return {ema(AdamW{.lr = 1e-2}, 0.9), swa(AdamW{.lr = 1e-2}, 4, 2), ScheduleFreeAdamW{.lr = 1e-2},
          ema(LAMB{.lr = 1e-2}, 0.9)};
}

class EvaluationOn : public EveryDevice {};

TEST_P(EvaluationOn, IsOfTheAverages) {
  for (const Recipe& recipe : averaging()) {
    SCOPED_TRACE(recipe.name());
    Training run(recipe, device());
    const History history = run.fit(2);
    const std::vector<float> trained = run.values(), averaged = run.averages();
    EXPECT_NE(trained, averaged);
    EXPECT_EQ(run.values(), trained);
    // A plain trainer whose model has the averages.
    Training plain(SGD{}, device());
    {
      const EvaluationScope scope(run.trainer.optimizer());
      for (std::size_t i = 0; i < plain.model.parameters().size(); ++i)
        plain.model.parameters()[i].assign(run.model.parameters()[i].value());
    }
    const Dataset validation = digits_from(200);
    const Metrics wanted = plain.trainer.evaluate(validation), got = run.trainer.evaluate(validation);
    EXPECT_EQ(got.loss, wanted.loss);
    EXPECT_EQ(got.accuracy, wanted.accuracy);
    EXPECT_EQ(history.epochs.back().validation_loss, wanted.loss);
    const Tensor& x = validation.columns()[0];
    EXPECT_EQ(run.trainer.predict(x).to_vector(), plain.trainer.predict(x).to_vector());
    EXPECT_EQ(run.values(), trained);
  }
}

TEST_P(EvaluationOn, LeavesTrainingAsItIs) {
  Training averaged(ema(AdamW{.lr = 1e-2}, 0.9), device()), plain(AdamW{.lr = 1e-2}, device());
  averaged.fit(2);
  plain.fit(2);
  EXPECT_EQ(averaged.values(), plain.values());
  // No average, no effect.
  EXPECT_EQ(plain.averages(), plain.values());
}

TEST_P(EvaluationOn, CheckpointsHaveTheTrainingValuesAndTheBestFileTheAverages) {
  const TemporaryDirectory directory;
  for (const Recipe& recipe : averaging()) {
    SCOPED_TRACE(recipe.name());
    Training whole(recipe, device(), 2), first(recipe, device(), 2), second(recipe, device(), 2);
    whole.fit(3);
    first.fit(1, {callbacks::checkpoint(directory / recipe.name())});
    Sequential best{Linear(64, 24), ReLU(), Linear(24, 10)};
    load(best, directory / recipe.name() / "best.safetensors");
    std::vector<float> values;
    for (const Variable& v : best.parameters())
      for (const float x : v.value().to_vector()) values.push_back(x);
    EXPECT_EQ(values, first.averages());
    ASSERT_TRUE(second.trainer.resume(directory / recipe.name()));
    EXPECT_EQ(second.values(), first.values());
    EXPECT_EQ(second.averages(), first.averages());
    second.fit(2, {callbacks::checkpoint(directory / recipe.name())});
    EXPECT_EQ(second.values(), whole.values());
    EXPECT_EQ(second.averages(), whole.averages());
  }
}

// The rate is far too large from the third epoch on.
TEST_P(EvaluationOn, EarlyStoppingBringsTheBestAveragesBack) {
  const Schedule rate = Schedule(1e-2).then(12, 10.0);
  for (const Recipe& recipe : {ema(AdamW{.lr = rate}, 0.9), swa(AdamW{.lr = rate}, 4, 1),
                               Recipe(ScheduleFreeAdamW{.lr = rate}), ema(LAMB{.lr = rate}, 0.9)}) {
    SCOPED_TRACE(recipe.name());
    Training run(recipe, device());
    const History history = run.fit(9, {callbacks::early_stopping(1)});
    EXPECT_GT(history.epochs.back().validation_loss, history.best_validation_loss);
    EXPECT_EQ(run.trainer.evaluate(digits_from(200)).loss, history.best_validation_loss);
    EXPECT_EQ(run.values(), run.averages());
    run.trainer.fit(digits_from(0), {.epochs = 1, .batch_size = 16, .quiet = true});
    EXPECT_NE(run.values(), run.averages());
  }
}

WEFT_ON_EVERY_DEVICE(EvaluationOn);

}  // namespace
}  // namespace weft::testing
