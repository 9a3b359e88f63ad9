// SPDX-License-Identifier: Apache-2.0
// Users' recipes in whole training runs: in trainers and checkpoints, under clipping, accumulation and a loss scale, in
// 16 bits, and where no code can be made for them.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/device/cpu/machine.h"
#include "tests/optim/rules/recipes.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"

namespace weft::testing {
namespace {

Dataset some_digits() {
  std::vector<std::int64_t> rows(96);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::int64_t>(i);
  return data::digits().train.subset(rows);
}

struct Training {
  Training(const Recipe& weights, const Recipe& biases, TrainerOptions options)
      : trainer(model, CrossEntropy(),
                std::vector<Group>{
                    {.parameters = model.parameters() - model.parameters().matching("*.bias"), .recipe = weights},
                    {.parameters = model.parameters().matching("*.bias"), .recipe = biases}},
                options) {}
  double loss_after(int epochs) {
    return trainer.fit(some_digits(), {.epochs = epochs, .batch_size = 16, .quiet = true}).epochs.back().loss;
  }
  std::vector<double> values() {
    std::vector<double> all;
    const auto add = [&](const Variable& v) {
      const std::vector<double> values = v.value().to_vector<double>();
      all.insert(all.end(), values.begin(), values.end());
    };
    for (const Variable& v : model.parameters()) add(v);
    for (const Variable& v : trainer.optimizer().state()) add(v);
    return all;
  }

  Sequential model{Linear(64, 24), ReLU(), Linear(24, 10)};
  Trainer trainer;
};

std::vector<std::uint64_t> bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> out;
  for (const double x : values) out.push_back(std::bit_cast<std::uint64_t>(x));
  return out;
}

struct Pair {
  std::string name;
  Recipe weights, biases;
};
std::vector<Pair> pairs() {
  return {{"lion beside adamw", Lion{.lr = schedule::cosine(1e-2, 0, 500), .weight_decay = 0.1}, AdamW{.lr = 1e-2}},
          {"two lions", Lion{.lr = 1e-2, .beta1 = 0.8}, Lion{.lr = 3e-3}},
          {"lamb beside sgd", LAMB{.lr = 0.1}, SGD{.lr = 0.1, .momentum = 0.9}},
          {"nadam beside schedule-free", NAdam{.lr = 1e-2}, ScheduleFreeAdamW{.lr = 1e-2}},
          {"muon beside adafactor", Muon{.lr = 3e-2}, Adafactor{.lr = 0.1}},
          {"one cycle", SGD{.lr = schedule::one_cycle(0.3, 40), .momentum = schedule::one_cycle_momentum(40)},
           AdamW{.lr = 1e-2, .beta1 = schedule::one_cycle_momentum(40)}},
          {"factored", Factored{.lr = 0.1}, Factored{.lr = 0.03}}};
}

class RecipeTrainingOn : public EveryDevice {};

TEST_P(RecipeTrainingOn, GoesOnFromACheckpointBitForBit) {
  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "run.safetensors";
  for (const Pair& pair : pairs()) {
    const TrainerOptions options{
        .device = device(), .seed = 3, .update = {.clip_norm = 1, .loss_scale = {.initial = 1024}}, .accumulate = 2};
    Training whole(pair.weights, pair.biases, options), first(pair.weights, pair.biases, options),
        second(pair.weights, pair.biases, options);
    whole.loss_after(3);
    first.loss_after(2);
    first.trainer.save(path);
    ASSERT_TRUE(second.trainer.resume(path));
    EXPECT_EQ(bits(second.values()), bits(first.values())) << pair.name;
    second.loss_after(1);
    EXPECT_EQ(bits(second.values()), bits(whole.values())) << pair.name;
    EXPECT_EQ(second.trainer.optimizer().updates(), 9);
    // Another recipe's checkpoint is none of this one's.
    Training other(SGD{.momentum = 0.5}, SGD{}, options);
    EXPECT_THROW(other.trainer.resume(path), Error) << pair.name;
  }
}

TEST_P(RecipeTrainingOn, LearnsInEveryPrecision) {
  for (const Pair& pair : pairs())
    for (const Precision precision : {Precision::kF32, Precision::kBF16, Precision::kF16}) {
      const TrainerOptions options{
          .device = device(), .seed = 3, .precision = precision, .update = {.clip_norm = 1, .clip_value = 0.5}};
      Training run(pair.weights, pair.biases, options);
      const double begin = run.loss_after(1), end = run.loss_after(5);
      EXPECT_LT(end, 0.6 * begin) << pair.name << ", precision " << static_cast<int>(precision);
    }
}

WEFT_ON_EVERY_DEVICE(RecipeTrainingOn);

// The baseline has no code generator: the tile machine runs the updates, and gives the compiled loops' bits.
TEST(RecipeTraining, NeedsNoCodeGenerator) {
  const cpu::Isa best = cpu::isa();
  const auto trained = [](const Recipe& recipe) {
    const Parameters p{{"p", Variable(randn({4000}))}, {"q", Variable(ones({50, 3}))}};
    Optimizer optimizer(p, recipe, {.clip_norm = 5});
    for (int t = 1; t <= 4; ++t)
      optimizer.apply({p, {sin(arange(4000, DType::kF32) * (0.01 * t)), full({50, 3}, 0.1 * t)}});
    std::vector<double> out = p[0].value().to_vector<double>();
    const std::vector<double> more = p[1].value().to_vector<double>();
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  for (const Recipe& recipe :
       {Recipe(Lion{.lr = 0.1, .weight_decay = 0.1}), Recipe(AdamW{.lr = 0.1}),
        Recipe(Adam{.lr = 0.1, .weight_decay = 0.1}), Recipe(RAdam{.lr = 0.1}), Recipe(ScheduleFreeAdamW{.lr = 0.1}),
        Recipe(RMSprop{.lr = 0.1, .centered = true}), Recipe(SGD{.lr = 0.1, .momentum = 0.9})}) {
    const auto seeded = [&] {
      Generator draws(5);
      const GeneratorScope scope(draws);
      return trained(recipe);
    };
    const std::vector<double> compiled = seeded();
    cpu::use_isa(cpu::Isa::kBaseline);
    const std::vector<double> plain = seeded();
    cpu::use_isa(best);
    EXPECT_EQ(bits(compiled), bits(plain)) << recipe.name();
  }
}

}  // namespace
}  // namespace weft::testing
