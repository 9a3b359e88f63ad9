// SPDX-License-Identifier: Apache-2.0
// Trainer::fit() is a loop that anybody could write, and its figures are what they are called.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/classification_loss.h"
#include "weft/compile.h"
#include "weft/dropout.h"
#include "weft/linear.h"
#include "weft/loader.h"
#include "weft/ops.h"
#include "weft/optimizer.h"
#include "weft/random.h"
#include "weft/sequential.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<std::vector<double>>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

Sequential noisy_net() { return Sequential{Linear(4, 16), BatchNorm(16), ReLU(), Dropout(0.3), Linear(16, 3)}; }
Sequential plain_net() { return Sequential{Linear(4, 8), Tanh(), Linear(8, 3)}; }

Dataset rows(std::int64_t n, const std::vector<std::int64_t>& poisoned = {}) {
  std::vector<float> x;
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) x.push_back(std::cos(static_cast<float>(i * 5 + j * 3 + i * j)));
    y.push_back(i % 3);
  }
  for (const std::int64_t row : poisoned) x[static_cast<std::size_t>(4 * row + 2)] = kNaN;
  return Dataset({Tensor::of(x, {n, 4}), Tensor::of(y, {n})});
}

Values values(Module& module) {
  Values out;
  for (const StateEntry& entry : module.state_dict()) out.push_back(entry.variable.value().to_vector<double>());
  return out;
}

Values by_hand(std::uint64_t seed, bool shuffle) {
  const Device device = Device::best();
  const DeviceScope on(device);
  Sequential model = noisy_net();
  model.to(device);
  model.initialize(seed);
  Generator draws(seed);
  const GeneratorScope scope(draws);
  Optimizer optimizer(model.parameters(), Adam{.lr = 0.01});
  auto step = compile([&](Tensor x, Tensor y) { optimizer.minimize(cross_entropy(model(x), y)); });
  Loader loader(rows(50), {.batch_size = 16, .shuffle = shuffle, .seed = seed, .device = device});
  for (int epoch = 0; epoch < 3; ++epoch)
    for (auto [x, y] : loader) step(x, y);
  return values(model);
}

TEST(TrainerLoop, IsTheOneThatOneWouldWrite) {
  for (const bool shuffle : {true, false}) {
    Sequential model = noisy_net();
    Trainer trainer(model, CrossEntropy(), Adam{.lr = 0.01}, {.seed = 6});
    trainer.fit(rows(50), {.epochs = 3, .batch_size = 16, .shuffle = shuffle, .quiet = true});
    EXPECT_EQ(values(model), by_hand(6, shuffle)) << shuffle;
  }
}

// Nothing moves, so every pass over the data must give what evaluate() does.
TEST(TrainerLoop, FiguresAreMeansOverTheRowsOfOneEpoch) {
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), SGD{.lr = 0});
  const Dataset data = rows(31), other = rows(17);
  const History history = trainer.fit(data, {.epochs = 3, .batch_size = 7, .validation = other, .quiet = true});
  const Metrics wanted = trainer.evaluate(data), validation = trainer.evaluate(other, 5);
  for (const Epoch& e : history.epochs) {
    EXPECT_NEAR(e.loss, wanted.loss, 1e-6);  // f32 losses of batches of other sizes
    EXPECT_EQ(e.accuracy, wanted.accuracy);
    EXPECT_NEAR(e.validation_loss, validation.loss, 1e-6);
    EXPECT_EQ(e.validation_accuracy, validation.accuracy);
    EXPECT_NEAR(e.samples_per_second * e.seconds, 31, 1e-9);
  }
  EXPECT_EQ(history.epochs[2].number, 3);
  EXPECT_NEAR(trainer.running().loss, wanted.loss, 1e-6);
  // The next epoch has forgotten the rows before it.
  EXPECT_GT(std::abs(wanted.loss - validation.loss), 1e-4);
  EXPECT_NEAR(trainer.fit(other, {.quiet = true}).epochs[0].loss, validation.loss, 1e-6);
}

TEST(TrainerLoop, EpochNumbersGoOnInTheNextFit) {
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), SGD{});
  trainer.fit(rows(8), {.epochs = 2, .quiet = true});
  EXPECT_EQ(trainer.fit(rows(8), {.quiet = true}).epochs[0].number, 3);
}

TEST(TrainerLoop, GroupsHaveTheirOwnRecipes) {
  Sequential model = plain_net();
  const Parameters all = model.parameters();
  Trainer trainer(
      model, CrossEntropy(),
      std::vector<Group>{{all.matching("*.weight"), SGD{.lr = 0.5}}, {all.matching("*.bias"), SGD{.lr = 0}}},
      {.seed = 2});
  const Values before = values(model);
  trainer.fit(rows(9), {.quiet = true});
  const Values after = values(model);
  EXPECT_NE(after[0], before[0]);
  EXPECT_EQ(after[1], before[1]);
  EXPECT_EQ(trainer.optimizer().lr(0).item(), 0.5f);
}

TEST(TrainerLoop, UpdateOptionsReachTheOptimizer) {
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), SGD{.lr = 1}, {.update = {.clip_norm = 1e-2}});
  const Values before = values(model);
  trainer.fit(rows(9), {.batch_size = 9, .quiet = true});
  const Values after = values(model);
  double squares = 0;
  for (std::size_t i = 0; i < before.size(); ++i)
    for (std::size_t j = 0; j < before[i].size(); ++j) squares += std::pow(after[i][j] - before[i][j], 2);
  EXPECT_NEAR(std::sqrt(squares), 1e-2, 1e-4);  // f32 values near 1 move by steps of 6e-8
}

TEST(TrainerLoop, PreparingTracesAndMovesNothing) {
  Sequential prepared = noisy_net(), plain = noisy_net();
  Trainer trainer(prepared, CrossEntropy(), Adam{}, {.seed = 3}), other(plain, CrossEntropy(), Adam{}, {.seed = 3});
  trainer.prepare(rows(20), 8);
  EXPECT_EQ(values(prepared), values(plain));
  EXPECT_EQ(trainer.optimizer().updates(), 0);
  EXPECT_THAT(trainer.memory_plan().text(), HasSubstr("training step"));
  for (Trainer* t : {&trainer, &other}) t->fit(rows(20), {.batch_size = 8, .quiet = true});
  EXPECT_EQ(values(prepared), values(plain));
}

TEST(TrainerLoop, NamesTheFirstOfSeveralBadBatches) {
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), Adam{});
  const std::string message = message_of<DataError>([&] {
    trainer.fit(rows(20, {6, 13}), {.batch_size = 4, .shuffle = false, .quiet = true});
  });
  EXPECT_THAT(message, HasSubstr("batch 1 of epoch 1"));
}

TEST(TrainerLoop, NoneOfTheAccumulatedBatchesMovesAnythingWhenOneIsBad) {
  Sequential model = noisy_net();
  Trainer trainer(model, CrossEntropy(), Adam{}, {.accumulate = 2});
  std::vector<std::vector<double>> before, after;
  for (const Variable& v : model.parameters()) before.push_back(v.value().to_vector<double>());
  const std::string message =
      message_of<DataError>([&] { trainer.fit(rows(8, {5}), {.batch_size = 4, .shuffle = false, .quiet = true}); });
  EXPECT_THAT(message, HasSubstr("batch 1 of epoch 1"));
  EXPECT_THAT(message, HasSubstr("column 0 of the training data, row 5"));
  for (const Variable& v : model.parameters()) after.push_back(v.value().to_vector<double>());
  EXPECT_EQ(after, before);
}

TEST(TrainerLoop, ValidationDataIsCheckedBeforeTraining) {
  Sequential model = plain_net();
  Trainer trainer(model, CrossEntropy(), Adam{});
  EXPECT_EQ(message_of<ValueError>([&] {
              trainer.fit(rows(4), {.validation = Dataset({ones({3, 4})}), .quiet = true});
            }),
            "[fit] the validation data has 1 columns and 3 rows; it needs inputs and targets, perhaps weights of the "
            "rows, and a row");
  EXPECT_EQ(trainer.optimizer().updates(), 0);
}

}  // namespace
}  // namespace weft::testing
