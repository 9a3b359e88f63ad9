// SPDX-License-Identifier: Apache-2.0
// Training in bf16 and in f16 with a loss scale, on every device.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

Sequential small_net() {
  return Sequential{Linear(64, 32), BatchNorm(32), ReLU(), Linear(32, 16), GELU(), Linear(16, 10)};
}

std::vector<Tensor> batch_of(std::int64_t rows) {
  const Dataset data = data::digits().train;
  return {data.column(0).slice(0, 0, rows), data.column(1).slice(0, 0, rows)};
}

std::vector<std::vector<double>> values(const Parameters& parameters) {
  std::vector<std::vector<double>> out;
  for (const Variable& v : parameters) out.push_back(v.value().to_vector<double>());
  return out;
}

// Steps of one batch in a precision.
struct Steps {
  Steps(Device device, Precision precision, UpdateOptions update = {}) : model(small_net()) {
    model.to(device);
    model.initialize(5);
    optimizer.emplace(model.parameters(), Adam{.lr = 3e-3}, update);
    step.emplace(
        [this](Tensor images, Tensor labels) {
          Tensor loss = cross_entropy(model(images), labels);
          optimizer->minimize(loss);
          return loss;
        },
        CompileOptions{.precision = precision});
    const std::vector<Tensor> batch = batch_of(48);
    x = batch[0].to(device), y = batch[1].to(device);
  }
  float operator()() { return (*step)(x, y).item<float>(); }

  Sequential model;
  std::optional<Optimizer> optimizer;
  std::optional<Compiled<Tensor(Tensor, Tensor)>> step;
  Tensor x, y;
};

class PrecisionOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(PrecisionOn);

// bf16 keeps 8 bits of a number and f16 11: the first loss is an average over 48 rows of three rounded layers, and the
// distance grows as the weights part.
TEST_P(PrecisionOn, FollowsTheF32Losses) {
  Steps f32(device(), Precision::kF32), bf16(device(), Precision::kBF16);
  Steps f16(device(), Precision::kF16, {.loss_scale = {.initial = 1024}});
  int equal = 0;
  for (int i = 0; i < 8; ++i) {
    const float expected = f32(), rough = bf16(), finer = f16();
    EXPECT_NEAR(rough, expected, 0.01f * (1 + static_cast<float>(i))) << "bf16, step " << i;
    EXPECT_NEAR(finer, expected, 0.002f * (1 + static_cast<float>(i))) << "f16, step " << i;
    equal += (rough == expected) + (finer == expected);
  }
  EXPECT_LT(equal, 4) << "nothing was rounded";
  for (const Variable& v : bf16.optimizer->parameters()) EXPECT_EQ(v.dtype(), DType::kF32) << v.path();
  EXPECT_EQ((*bf16.step)(bf16.x, bf16.y).dtype(), DType::kF32);
}

// Whatever the passes fuse, a stored value is rounded and no other. Only the matrix library of a CUDA device rounds a
// bias in front of such a value, too: by 2^-9 (bf16) or 2^-12 (f16) where it is below 1, which a norm may magnify.
TEST_P(PrecisionOn, FusedIsNodeByNode) {
  for (const Precision precision : {Precision::kBF16, Precision::kF16}) {
    Steps fused(device(), precision);
    Sequential plain = small_net();
    plain.to(device());
    plain.initialize(5);
    auto forward = compile([&](Tensor x) { return plain(x); }, {.precision = precision, .fuse = false});
    auto same = compile([&](Tensor x) { return fused.model(x); }, {.precision = precision});
    const std::vector<float> expected = forward(fused.x).to_vector(), got = same(fused.x).to_vector();
    const float rounding = device() == Device::cpu() ? 0 : precision == Precision::kBF16 ? 0x1p-9f : 0x1p-12f;
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 3 * rounding) << i;
  }
}

TEST_P(PrecisionOn, AnOverflowHalvesTheScaleAndMovesNothing) {
  Steps steps(device(), Precision::kF16, {.loss_scale = {.initial = 0x1p40}});
  const auto before = values(steps.optimizer->parameters());
  steps();
  EXPECT_EQ(values(steps.optimizer->parameters()), before);
  EXPECT_EQ(steps.optimizer->loss_scale().item<float>(), 0x1p39f);
  EXPECT_TRUE(steps.optimizer->overflowed().item<bool>());
  EXPECT_FALSE(steps.optimizer->finite().item<bool>());
  EXPECT_EQ(steps.optimizer->updates(), 0);
  EXPECT_EQ(steps.optimizer->skipped(), 0);
  float scale = 0x1p39f;
  const float loss = steps();
  while (steps.optimizer->updates() == 0 && scale > 1) {
    steps();
    scale /= 2;
  }
  EXPECT_EQ(steps.optimizer->updates(), 1);
  EXPECT_FALSE(steps.optimizer->overflowed().item<bool>());
  EXPECT_EQ(steps.optimizer->loss_scale().item<float>(), scale);
  for (int i = 0; i < 10; ++i) steps();
  EXPECT_LT(steps(), loss) << "training goes on";
}

TEST_P(PrecisionOn, TheScaleDoublesAfterUpdatesInARow) {
  Steps steps(device(), Precision::kF16, {.loss_scale = {.initial = 8, .growth_interval = 3}});
  for (const float scale : {8.f, 8.f, 16.f, 16.f, 16.f, 32.f}) {
    steps();
    EXPECT_EQ(steps.optimizer->loss_scale().item<float>(), scale);
  }
}

// Powers of two round nothing, so that in f32 a scale is not seen at all.
TEST_P(PrecisionOn, InF32TheScaleChangesNoBit) {
  Steps plain(device(), Precision::kF32), scaled(device(), Precision::kF32, {.loss_scale = {.initial = 256}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(plain(), scaled());
  EXPECT_EQ(plain.optimizer->loss_scale().item<float>(), 1.0f);
}

TEST_P(PrecisionOn, TrainersScaleF16AndResumeIt) {
  const TemporaryDirectory directory;
  const std::vector<Tensor> batch = batch_of(64);
  const Dataset data({batch[0], batch[1]});
  const auto make = [&](Sequential& model) {
    return Trainer(model, CrossEntropy(), AdamW{.lr = 3e-3},
                   {.device = device(), .seed = 4, .precision = Precision::kF16});
  };
  Sequential first = small_net(), second = small_net();
  Trainer one = make(first), two = make(second);
  const FitOptions epoch{.epochs = 1, .batch_size = 32, .quiet = true};
  one.fit(data, epoch);
  EXPECT_EQ(one.optimizer().loss_scale().item<float>(), 65536.0f);
  one.save(directory.path() / "f16.safetensors");
  ASSERT_TRUE(two.resume(directory.path() / "f16.safetensors"));
  EXPECT_EQ(one.fit(data, epoch).epochs[0].loss, two.fit(data, epoch).epochs[0].loss);
  EXPECT_EQ(values(first.parameters()), values(second.parameters()));
  EXPECT_EQ(one.predict(batch[0]).dtype(), DType::kF32);
}

// Halving the scale does not help against bad data.
TEST_P(PrecisionOn, BadDataIsAnErrorWithAScale) {
  std::vector<float> x = batch_of(32)[0].to_vector();
  x[70] = std::numeric_limits<float>::quiet_NaN();
  const Dataset data({Tensor::of(x, {32, 64}), batch_of(32)[1]});
  Sequential model = small_net();
  Trainer trainer(model, CrossEntropy(), AdamW{}, {.device = device(), .precision = Precision::kF16});
  EXPECT_THROW(trainer.fit(data, {.quiet = true}), DataError);
}

TEST(LossScaleOptions, AreChecked) {
  Sequential model{Linear(2, 2)};
  model.initialize(1);
  EXPECT_THROW(Optimizer(model.parameters(), SGD{}, {.loss_scale = {.initial = 3}}), ValueError);
  EXPECT_THROW(Optimizer(model.parameters(), SGD{}, {.loss_scale = {.initial = 0.5}}), ValueError);
  EXPECT_THROW(Optimizer(model.parameters(), SGD{}, {.loss_scale = {.initial = 0x1p70}}), ValueError);
  EXPECT_THROW(Optimizer(model.parameters(), SGD{}, {.loss_scale = {.initial = 2, .growth_interval = 0}}), ValueError);
}

// A digits run of each precision ends within what other seeds of f32 differ by; bench/precision.cpp has more seeds.
TEST(PrecisionTraining, LearnsDigitsAsF32Does) {
  const Split digits = data::digits();
  const auto accuracy = [&](Precision precision) {
    double sum = 0;
    for (const std::uint64_t seed : {1, 2, 3}) {
      Sequential model{Linear(64, 64), BatchNorm(64), ReLU(), Dropout(0.1), Linear(64, 10)};
      Trainer trainer(model, CrossEntropy(), AdamW{.lr = 3e-3},
                      {.device = Device::cpu(), .seed = seed, .precision = precision});
      trainer.fit(digits.train, {.epochs = 4, .batch_size = 64, .quiet = true});
      sum += trainer.evaluate(digits.test).accuracy;
    }
    return sum / 3;
  };
  const double f32 = accuracy(Precision::kF32);
  EXPECT_GT(f32, 0.9);
  EXPECT_NEAR(accuracy(Precision::kBF16), f32, 0.015);
  EXPECT_NEAR(accuracy(Precision::kF16), f32, 0.015);
}

}  // namespace
}  // namespace weft::testing
