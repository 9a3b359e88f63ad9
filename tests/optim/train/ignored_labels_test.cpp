// SPDX-License-Identifier: Apache-2.0
// Means over batches weigh a batch by the rows that count in it, however the rows are divided into batches.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/checkpoint.h"
#include "weft/classification_loss.h"
#include "weft/compile.h"
#include "weft/gradients.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/optimizer.h"
#include "weft/regression_loss.h"
#include "weft/safetensors.h"
#include "weft/sequential.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

constexpr std::int64_t kRows = 24, kIgnored = -100;

Tensor inputs() {
  std::vector<float> x;
  for (std::int64_t i = 0; i < kRows; ++i)
    for (std::int64_t j = 0; j < 4; ++j) x.push_back(std::sin(static_cast<float>(i * 7 + j * 3 + i * j)));
  return Tensor::of(x, {kRows, 4});
}

// Rows 4 to 11 are ignored, and two more.
Dataset rows(std::int64_t ignored = kIgnored) {
  std::vector<std::int64_t> y;
  for (std::int64_t i = 0; i < kRows; ++i) {
    const bool left_out = (i >= 4 && i < 12) || i == 17 || i == 20;
    y.push_back(left_out ? ignored : 1 + i % 2);
  }
  return Dataset({inputs(), Tensor::of(y, {kRows})});
}

Dataset all_ignored() { return Dataset({inputs(), full({kRows}, kIgnored, DType::kI64)}); }

Sequential net() { return Sequential{Linear(4, 8), Tanh(), Linear(8, 3)}; }

struct Through : Module {
  Tensor forward(const Tensor& x) const { return x + 0 * bias; }
  Parameter bias{zeros({2})};
  WEFT_MODULE(bias)
};

std::vector<float> values(Module& model) {
  std::vector<float> out;
  for (const Variable& v : model.parameters())
    for (const float x : v.value().to_vector()) out.push_back(x);
  return out;
}

void expect_near(const std::vector<float>& got, const std::vector<float>& wanted, double tolerance) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(got[i], wanted[i], tolerance) << i;
}

class IgnoredLabelsOn : public EveryDevice {
 protected:
  TrainerOptions options(int accumulate = 1) const { return {.device = device(), .seed = 3, .accumulate = accumulate}; }
};
WEFT_ON_EVERY_DEVICE(IgnoredLabelsOn);

TEST_P(IgnoredLabelsOn, FiguresDoNotDependOnTheBatches) {
  const Tensor weight = Tensor::of<float>({1, 2, 5}, {3});
  const std::vector<std::pair<CrossEntropyOptions, Dataset>> cases{
      {{}, rows()}, {{.label_smoothing = 0.2, .class_weight = weight}, rows()}, {{.ignore_index = 0}, rows(0)}};
  for (const auto& [loss, data] : cases) {
    Sequential model = net();
    Trainer trainer(model, CrossEntropy{loss}, SGD{.lr = 0}, options());
    const Tensor logits = trainer.predict(data.column(0)), labels = data.column(1).to(device());
    const double wanted = cross_entropy(logits, labels, loss).item<double>();
    const double right = accuracy(logits, labels, loss.ignore_index).item<double>();
    for (const std::int64_t batch : {1, 3, 4, 7, 24}) {
      const Metrics got = trainer.evaluate(data, batch);
      EXPECT_NEAR(got.loss, wanted, 1e-6) << batch;  // f32 means of batches
      EXPECT_NEAR(got.accuracy, right, 1e-7) << batch;
      const Epoch epoch = trainer.fit(data, {.batch_size = batch, .quiet = true}).epochs[0];
      EXPECT_NEAR(epoch.loss, wanted, 1e-6) << batch;
      EXPECT_NEAR(epoch.accuracy, right, 1e-7) << batch;
    }
  }
}

TEST_P(IgnoredLabelsOn, ALambdaWeighsRowsWhoseTargetIsAClass) {
  Sequential model = net();
  Trainer trainer(
      model, [](Tensor y, Tensor t) { return cross_entropy(y, t); }, SGD{.lr = 0}, options());
  const Metrics whole = trainer.evaluate(rows(), kRows), parts = trainer.evaluate(rows(), 5);
  EXPECT_NEAR(parts.loss, whole.loss, 1e-6);
  EXPECT_EQ(parts.accuracy, whole.accuracy);
}

TEST_P(IgnoredLabelsOn, PerfectLogitsAreRight) {
  const Dataset data({Tensor::of<float>({9, 0, 0, 9}, {2, 2}), Tensor::of<std::int64_t>({0, kIgnored}, {2})});
  Through through;
  Trainer trainer(through, CrossEntropy(), SGD{}, options());
  EXPECT_EQ(trainer.evaluate(data).accuracy, 1);
  EXPECT_EQ(trainer.fit(data, {.quiet = true}).epochs[0].accuracy, 1);
}

TEST_P(IgnoredLabelsOn, BatchesWithoutLabelsMoveNothing) {
  for (const int accumulate : {1, 2}) {
    Sequential model = net();
    Trainer trainer(model, CrossEntropy(), SGD{.lr = 0.5}, options(accumulate));
    const std::vector<float> before = values(model);
    const History history = trainer.fit(all_ignored(), {.batch_size = 8, .validation = all_ignored(), .quiet = true});
    EXPECT_EQ(values(model), before);
    EXPECT_EQ(trainer.optimizer().skipped(), 0);
    EXPECT_TRUE(std::isnan(history.epochs[0].loss));
    EXPECT_TRUE(std::isnan(history.epochs[0].accuracy));
    EXPECT_TRUE(std::isnan(history.epochs[0].validation_loss));
    EXPECT_GT(trainer.fit(rows(), {.epochs = 2, .batch_size = 4, .quiet = true}).epochs[1].accuracy, 0);
    EXPECT_NE(values(model), before);
  }
}

TEST_P(IgnoredLabelsOn, AccumulatedBatchesAreTheWholeOne) {
  const auto run = [&](const auto& loss, const Dataset& data, std::int64_t batch, int accumulate) {
    Sequential model = net();
    Trainer trainer(model, loss, SGD{.lr = 0.5}, options(accumulate));
    trainer.fit(data, {.epochs = 2, .batch_size = batch, .shuffle = false, .quiet = true});
    EXPECT_EQ(trainer.optimizer().updates(), 2);
    return values(model);
  };
  // The last of 5 batches of 5 rows has 4.
  const CrossEntropy weighted{{.class_weight = Tensor::of<float>({1, 2, 5}, {3})}};
  expect_near(run(CrossEntropy(), rows(), 5, 5), run(CrossEntropy(), rows(), kRows, 1), 1e-6);
  expect_near(run(weighted, rows(), 4, 6), run(weighted, rows(), kRows, 1), 1e-6);
  const Dataset regression({inputs(), sin(inputs().slice(1, 0, 3))});
  expect_near(run(MSE(), regression, 5, 5), run(MSE(), regression, kRows, 1), 1e-6);
}

TEST_P(IgnoredLabelsOn, AccumulateTakesAWeight) {
  const TemporaryDirectory directory;
  struct Run {
    Variable x{Tensor::scalar(0.0f)};
    Optimizer optimizer{Parameters{{"x", x}}, SGD{.lr = 1}};
    Compiled<void(Tensor, Tensor)> weighted{[this](Tensor slope, Tensor w) { optimizer.accumulate(x * slope, w); }, {}};
    Compiled<void(Tensor)> plain{[this](Tensor slope) { optimizer.accumulate(x * slope); }, {}};
    float moved() {
      optimizer.update();
      return -x.value().item();
    }
  };
  Run run;
  run.weighted(4.0f, 3.0f);
  run.plain(8.0f);
  EXPECT_EQ(run.moved(), 5);  // (3 * 4 + 8) / 4
  run.weighted(4.0f, 0.0f);
  run.weighted(4.0f, 0.0f);
  EXPECT_EQ(run.moved(), 5);
  EXPECT_EQ(run.optimizer.updates(), 2);
  EXPECT_THROW(run.weighted(4.0f, ones({2})), ShapeError);

  // A file from before there were weights: each call counted 1.
  Run saved, resumed;
  saved.plain(2.0f);
  saved.plain(4.0f);
  Checkpoint(saved.optimizer).save(directory / "new");
  const SafetensorsFile file(directory / "new", {.map = false});
  std::vector<std::pair<std::string, Tensor>> old;
  for (const std::string& name : file.names())
    if (name != "0/accumulated.weight") old.emplace_back(name, file.tensor(name));
  ASSERT_EQ(old.size() + 1, file.names().size());
  write_safetensors(directory / "old", old);
  ASSERT_TRUE(Checkpoint(resumed.optimizer).resume(directory / "old"));
  EXPECT_EQ(resumed.moved(), 3);
}

// Rows of padding are cut from the results, so that they are in no mean.
TEST_P(IgnoredLabelsOn, PaddedRowsAreInNoMean) {
  auto losses = compile(
      [](Tensor x, Tensor t) {
        const CrossEntropy loss{{.reduction = Reduction::kNone}};
        return std::pair{loss(x, t), loss.row_weight(x, t)};
      },
      {.buckets = {{8}}});
  const Tensor x = inputs().slice(0, 0, 5).to(device()), t = rows().column(1).slice(0, 0, 5).to(device());
  const auto [loss, weight] = losses(x, t);
  EXPECT_EQ(weight.to_vector(), (std::vector<float>{1, 1, 1, 1, 0}));
  EXPECT_NEAR(loss.sum().item() / weight.sum().item(), cross_entropy(x, t).item(), 1e-6);
}

// The op that computes the loss is in the step once, though the weights of its rows are asked for apart.
TEST_P(IgnoredLabelsOn, TheRowsAreWeighedAlongWithTheLoss) {
  auto step = compile([](Tensor x, Tensor t) {
    const CrossEntropy loss;
    return std::pair{loss(x, t), loss.row_weight(x, t).sum()};
  });
  step(inputs().to(device()), rows().column(1).to(device()));
  std::size_t kernels = 0;
  for (const KernelProfile& kernel : step.profile().kernels)
    if (kernel.kernel.starts_with("softmax_cross_entropy")) ++kernels;
  EXPECT_EQ(kernels, 1u);
}

}  // namespace
}  // namespace weft::testing
