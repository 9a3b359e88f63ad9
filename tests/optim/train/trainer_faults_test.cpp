// SPDX-License-Identifier: Apache-2.0
// Bad labels under a trainer, and models, trainers and optimizers that are moved.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/checkpoint.h"
#include "weft/classification_loss.h"
#include "weft/compile.h"
#include "weft/error.h"
#include "weft/linear.h"
#include "weft/loader.h"
#include "weft/ops.h"
#include "weft/optimizer.h"
#include "weft/sequential.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::int64_t kRows = 12;

Sequential net() { return Sequential{Linear(4, 8), Tanh(), Linear(8, 3)}; }

// Class indices 0, 1, 2; one row may have another.
Dataset rows(std::int64_t bad_row = -1, std::int64_t bad_label = 0) {
  std::vector<float> x;
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < kRows; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) x.push_back(static_cast<float>((i * 7 + j * 3) % 5) - 2);
    y.push_back(i == bad_row ? bad_label : i % 3);
  }
  return Dataset({Tensor::of(x, {kRows, 4}), Tensor::of(y, {kRows})});
}

template <class E>
std::string message_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  return "nothing of the kind was thrown";
}

std::vector<float> weights(Module& model) {
  std::vector<float> out;
  for (const Variable& v : model.parameters())
    for (const float x : v.value().to_vector()) out.push_back(x);
  return out;
}

TEST(TrainerFaults, NameBatchColumnAndRow) {
  Sequential model = net();
  Trainer trainer(model, CrossEntropy(), Adam{});
  const FitOptions options{.batch_size = 4, .shuffle = false, .quiet = true};
  const std::string message = message_of<DataError>([&] { trainer.fit(rows(6, 3), options); });
  EXPECT_THAT(message, HasSubstr("[fit] batch 1 of epoch 1, column 1: "));
  EXPECT_THAT(message,
              HasSubstr("label 3 in row 2 is outside [0, 3); labels start at 0, so the last is 2 (row 6 of the data)"));
  EXPECT_EQ(trainer.fit(rows(), options).epochs.size(), 1u);  // told once, and training goes on
  EXPECT_THAT(message_of<DataError>([&] { trainer.evaluate(rows(9, -5), 8); }),
              HasSubstr("[evaluate] batch 1 of epoch 1, column 1: [softmax_cross_entropy] label -5 in row 1"));
  EXPECT_THAT(message_of<DataError>([&] { trainer.fit(rows(7, 9), {.batch_size = 5, .quiet = true}); }),
              HasSubstr("(row 7 of the data)"));  // in another order
}

// A model that refuses a single row hides no other error.
TEST(TrainerFaults, LeaveOutARowThatCannotBeAsked) {
  Sequential model{Linear(4, 3), [](Tensor x) {
                     if (x.dim(0) == 1) throw ShapeError("own", "", "one row");
                     return x;
                   }};
  Trainer trainer(model, CrossEntropy(), Adam{});
  const std::string message =
      message_of<DataError>([&] { trainer.fit(rows(6, 3), {.batch_size = 4, .shuffle = false, .quiet = true}); });
  EXPECT_THAT(message, HasSubstr("[fit] batch 1 of epoch 1, column 1: "));
  EXPECT_THAT(message, Not(HasSubstr("of the data")));
}

struct Words : Module {
  Tensor forward(Tensor x) const { return take(words, x, 0); }
  Parameter words{zeros({5, 3})};
  WEFT_MODULE(words)
};

TEST(TrainerFaults, NameAColumnOfIndices) {
  Words model;
  Trainer trainer(model, CrossEntropy(), Adam{});
  const Dataset data({Tensor::of<std::int64_t>({0, 4, 5, 1}, {4}), Tensor::of<std::int64_t>({0, 1, 2, 0}, {4})});
  EXPECT_THAT(message_of<DataError>([&] { trainer.fit(data, {.batch_size = 2, .shuffle = false, .quiet = true}); }),
              AllOf(HasSubstr("batch 1 of epoch 1, column 0: [take] index 5 in row 0 is outside [0, 5)"),
                    HasSubstr("(row 2 of the data)")));
}

TEST(MovedTraining, ATrainerFollowsItsModel) {
  Sequential model = net();
  Trainer trainer(model, CrossEntropy(), Adam{}, {.seed = 4});
  Sequential now = std::move(model);
  const std::vector<float> before = weights(now);
  trainer.fit(rows(), {.epochs = 2, .batch_size = 5, .quiet = true});
  trainer.evaluate(rows());
  EXPECT_EQ(trainer.predict(rows().column(0)).shape(), (Shape{kRows, 3}));
  EXPECT_NE(weights(now), before);
  EXPECT_EQ(&trainer.model(), &now);

  Sequential same = net();
  Trainer still(same, CrossEntropy(), Adam{}, {.seed = 4});
  still.fit(rows(), {.epochs = 2, .batch_size = 5, .quiet = true});
  EXPECT_EQ(weights(same), weights(now));
}

TEST(MovedTraining, ModelsInAVectorThatGrows) {
  std::vector<Sequential> models;
  std::vector<Trainer> trainers;
  for (std::size_t i = 0; i < 5; ++i) {
    models.push_back(net());
    trainers.emplace_back(models.back(), CrossEntropy(), Adam{}, TrainerOptions{.seed = 4});
  }
  for (std::size_t i = 0; i < models.size(); ++i) {
    trainers[i].fit(rows(), {.batch_size = 5, .quiet = true});
    EXPECT_EQ(&trainers[i].model(), &models[i]);
    EXPECT_EQ(weights(models[i]), weights(models[0]));
  }
}

TEST(MovedTraining, AModelThatIsGoneIsAnError) {
  auto model = std::make_unique<Sequential>(net());
  Trainer trainer(*model, CrossEntropy(), Adam{});
  model.reset();
  for (const auto& use : std::vector<std::function<void()>>{
           [&] { trainer.fit(rows(), {.quiet = true}); }, [&] { trainer.evaluate(rows()); },
           [&] { trainer.predict(rows().column(0)); }, [&] { static_cast<void>(trainer.model()); }})
    EXPECT_THAT(message_of<ValueError>(use), HasSubstr("the model is gone"));
  Sequential other = net();
  Trainer second(other, CrossEntropy(), Adam{});
  other = net();
  EXPECT_THAT(message_of<ValueError>([&] { second.fit(rows(), {.quiet = true}); }), HasSubstr("another was assigned"));
}

TEST(MovedTraining, CheckpointsFollowModulesAndGenerators) {
  const TemporaryDirectory folder;
  Sequential model = net();
  Generator generator(3);
  const Checkpoint checkpoint(model, generator);
  Sequential now = std::move(model);
  now.initialize(1);
  const std::vector<float> saved = weights(now);
  checkpoint.save(folder / "a.ckpt");
  for (const Variable& v : now.parameters()) v.assign(zeros(v.shape()));
  EXPECT_TRUE(checkpoint.resume(folder / "a.ckpt"));
  EXPECT_EQ(weights(now), saved);
}

TEST(MovedTraining, WhatWasMovedFromRefuses) {
  Sequential model = net();
  Trainer trainer(model, CrossEntropy(), Adam{});
  Trainer now = std::move(trainer);
  for (const auto& use : std::vector<std::function<void()>>{
           // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
           [&] { trainer.fit(rows(), {.quiet = true}); }, [&] { trainer.evaluate(rows()); },
           [&] { trainer.predict(rows().column(0)); }, [&] { static_cast<void>(trainer.running()); },
           [&] { static_cast<void>(trainer.optimizer()); }, [&] { static_cast<void>(trainer.model()); },
           [&] { trainer.save("never"); }, [&] { trainer.prepare(rows(), 4); },
           [&] { static_cast<void>(trainer.memory_plan()); }, [&] { static_cast<void>(trainer.profile()); }})
    EXPECT_THAT(message_of<ValueError>(use), HasSubstr("trainer was moved from"));
  now.fit(rows(), {.quiet = true});

  Optimizer optimizer(model.parameters(), Adam{});
  Optimizer kept = std::move(optimizer);
  for (const auto& use : std::vector<std::function<void()>>{
           // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
           [&] { optimizer.update(); }, [&] { optimizer.scale_lr(2); }, [&] { static_cast<void>(optimizer.lr()); },
           [&] { static_cast<void>(optimizer.updates()); }, [&] { static_cast<void>(optimizer.parameters()); },
           [&] { static_cast<void>(optimizer.state()); }})
    EXPECT_THAT(message_of<ValueError>(use), HasSubstr("optimizer was moved from"));

  Loader loader(rows());
  const Loader other = std::move(loader);
  // NOLINTNEXTLINE(bugprone-use-after-move): what is tested
  EXPECT_THAT(message_of<ValueError>([&] { static_cast<void>(loader.begin()); }), HasSubstr("moved from"));
}

}  // namespace
}  // namespace weft::testing
