// SPDX-License-Identifier: Apache-2.0
// Metrics in fit() and evaluate(), and callbacks that judge epochs by them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/callbacks.h"
#include "weft/classification_loss.h"
#include "weft/linear.h"
#include "weft/metrics.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/regression_loss.h"
#include "weft/sequential.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;
using Named = std::vector<std::pair<std::string, double>>;

class MetricsInFitOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(MetricsInFitOn);

Dataset labeled(std::int64_t n, std::int64_t classes) {
  const DeviceScope host(Device::cpu());
  return Dataset({randn({n, 4}), randint(0, classes, {n})});
}

Sequential net(std::int64_t outputs) { return Sequential{Linear(4, 8), Tanh(), Linear(8, outputs)}; }

double running(const metrics::Metric& metric, const Tensor& output, const Tensor& target) {
  metrics::Running of(metric);
  of.add(output, target.to(output.device()));
  return of.result();
}

TEST_P(MetricsInFitOn, EvaluateGivesWhatTheOutputsGive) {
  seed(1);
  Sequential model = net(3);
  const Dataset data = labeled(50, 3);
  Trainer trainer(model, CrossEntropy(), SGD{}, {.device = GetParam()});
  const std::vector<metrics::Metric> all{metrics::f1(), metrics::log_loss()};
  const Metrics got = trainer.evaluate(data, 16, all);
  const Tensor output = trainer.predict(data.column(0));
  ASSERT_EQ(got.others.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(got.others[i].first, all[i].name);
    EXPECT_NEAR(got.others[i].second, running(all[i], output, data.column(1)), 1e-6);
  }
  EXPECT_NEAR(got.others[1].second, got.loss, 1e-6);
  EXPECT_TRUE(trainer.evaluate(data).others.empty());
}

TEST_P(MetricsInFitOn, RowsThatTheLossIgnoresCountNothing) {
  seed(2);
  Sequential model = net(3);
  const Dataset data = labeled(50, 3);
  Trainer trainer(model, CrossEntropy{{.ignore_index = 1}}, SGD{}, {.device = GetParam()});
  const Metrics got = trainer.evaluate(data, 16, {metrics::accuracy()});
  EXPECT_NEAR(got.others[0].second, got.accuracy, 1e-12);
}

TEST_P(MetricsInFitOn, FitComputesThemAfterEveryEpoch) {
  seed(3);
  Sequential model = net(1);
  const DeviceScope host(Device::cpu());
  const Tensor x = randn({64, 4}), y = (x.column(0) > 0).to(DType::kF32).unsqueeze(1);
  const Dataset data({x, y});
  Trainer trainer(model, BCEWithLogits(), AdamW{.lr = 0.05}, {.device = GetParam(), .seed = 3});
  const TemporaryDirectory folder;
  const auto path = folder.path() / "history.json";
  const History history = trainer.fit(data, {.epochs = 12,
                                             .batch_size = 16,
                                             .validation = data,
                                             .metrics = {metrics::auc(), metrics::accuracy()},
                                             .callbacks = {callbacks::write_history(path)},
                                             .quiet = true});
  for (const Epoch& epoch : history.epochs) {
    ASSERT_EQ(epoch.validation_metrics.size(), 2u);
    EXPECT_EQ(epoch.validation_metrics[0].first, "auc");
  }
  EXPECT_GT(history.epochs.back().validation_metrics[0].second, 0.95);
  // evaluate() computes them again, and says all in one line.
  const Metrics now = trainer.evaluate(data);
  EXPECT_EQ(now.others, history.epochs.back().validation_metrics);
  EXPECT_THAT(now.text(), HasSubstr(", auc "));
  EXPECT_TRUE(now.text().starts_with("loss 0.")) << now.text();
  EXPECT_EQ(now.text().find("accuracy"), now.text().rfind("accuracy")) << now.text();
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_THAT(text.str(), HasSubstr("\"validation_auc\": "));
}

TEST_P(MetricsInFitOn, AResumedRunKnowsThoseOfItsEpochs) {
  seed(4);
  const Dataset data = labeled(40, 3);
  const TemporaryDirectory folder;
  Sequential first = net(3), second = net(3);
  const auto options = [&](int epochs) {
    return FitOptions{.epochs = epochs,
                      .batch_size = 16,
                      .validation = data,
                      .metrics = {metrics::f1(), metrics::log_loss()},
                      .callbacks = {callbacks::checkpoint(folder.path())},
                      .quiet = true};
  };
  Trainer whole(first, CrossEntropy(), SGD{}, {.device = GetParam(), .seed = 5});
  const History wanted = whole.fit(data, options(4));
  Trainer resumed(second, CrossEntropy(), SGD{}, {.device = GetParam(), .seed = 5});
  ASSERT_EQ(resumed.resume(folder.path() / "epoch-0002.safetensors"), 3);
  const History got = resumed.fit(data, options(2));
  ASSERT_EQ(got.epochs.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(got.epochs[i].validation_metrics, wanted.epochs[i].validation_metrics);
}

TEST_P(MetricsInFitOn, RefusesWhatMeansNothing) {
  Sequential model = net(3);
  const Dataset data = labeled(8, 3);
  Trainer trainer(model, CrossEntropy(), SGD{}, {.device = GetParam()});
  EXPECT_EQ(message_of<ValueError>([&] { trainer.fit(data, {.metrics = {metrics::f1()}, .quiet = true}); }),
            "[fit] metrics are of the validation data, which is empty; give FitOptions::validation");
  EXPECT_EQ(message_of<ValueError>([&] {
              trainer.fit(data, {.validation = data, .metrics = {metrics::f1(), metrics::f1()}, .quiet = true});
            }),
            "[fit] two metrics are named \"f1\"; their names must differ");
  EXPECT_EQ(message_of<ValueError>([&] {
              trainer.fit(data, {.validation = data,
                                 .metrics = {metrics::f1()},
                                 .callbacks = {callbacks::early_stopping(2, 0, {.metric = "auc", .maximize = true})},
                                 .quiet = true});
            }),
            "[early_stopping] the monitored metric \"auc\" is none of those that fit() computes: f1; give it in "
            "FitOptions::metrics");
}

// A run whose figures are made up.
struct Scripted {
  explicit Scripted(std::shared_ptr<Callback> listener) : callback(std::move(listener)) {
    callback->on_train_begin(at);
  }
  // The rate after an epoch with this figure.
  double epoch(double auc) {
    ++at.epoch;
    history.epochs.push_back({.number = at.epoch, .loss = 1, .validation_metrics = {{"auc", auc}}});
    callback->on_epoch(at);
    return trainer.optimizer().lr().item<double>();
  }
  Sequential model{Linear(3, 2)};
  Trainer trainer{model, MSE(), SGD{.lr = 1}, {.device = Device::cpu()}};
  History history;
  FitState at{trainer, history};
  std::shared_ptr<Callback> callback;
};

TEST(ReduceOnPlateau, WaitsForItsPatienceAndRests) {
  const callbacks::Monitor monitor{.metric = "auc", .maximize = true};
  Scripted run(callbacks::reduce_on_plateau(
      {.factor = 0.5, .patience = 2, .min_delta = 0.01, .cooldown = 1, .most = 2, .monitor = monitor}));
  EXPECT_EQ(run.epoch(0.5), 1);
  EXPECT_EQ(run.epoch(0.505), 1);  // better by too little
  EXPECT_EQ(run.epoch(0.4), 0.5);
  EXPECT_EQ(run.epoch(0.4), 0.5);  // rests
  EXPECT_EQ(run.epoch(0.4), 0.5);
  EXPECT_EQ(run.epoch(0.6), 0.5);  // better: counts from here
  EXPECT_EQ(run.epoch(0.6), 0.5);
  EXPECT_EQ(run.epoch(0.6), 0.25);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(run.epoch(0.1), 0.25);  // two reductions at most
}

TEST(ReduceOnPlateau, ItsStateGoesOnInAnotherRun) {
  const auto made = [] { return callbacks::reduce_on_plateau({.factor = 0.5, .patience = 2}); };
  Scripted first(made()), second(made());
  first.epoch(0);
  first.epoch(0);
  second.callback->load_state_dict(first.callback->state_dict());
  EXPECT_EQ(second.epoch(0), 0.5);
  EXPECT_THROW(second.callback->load_state_dict({}), FormatError);
}

TEST(ReduceOnPlateau, ChecksItsSettings) {
  using callbacks::reduce_on_plateau;
  EXPECT_EQ(message_of<ValueError>([] { reduce_on_plateau({.factor = 1}); }),
            "[reduce_on_plateau] factor is 1; it must be in (0, 1)");
  EXPECT_THROW(reduce_on_plateau({.patience = 0}), ValueError);
  EXPECT_THROW(reduce_on_plateau({.min_delta = -1}), ValueError);
  EXPECT_THROW(reduce_on_plateau({.cooldown = -1}), ValueError);
  EXPECT_THROW(reduce_on_plateau({.most = -1}), ValueError);
}

TEST(EarlyStoppingByMetric, MoreIsBetter) {
  Scripted run(callbacks::early_stopping(2, 0, {.metric = "auc", .maximize = true}));
  run.epoch(0.5);
  run.epoch(0.7);
  run.epoch(0.6);
  EXPECT_FALSE(run.at.stop);
  run.epoch(0.7);
  EXPECT_TRUE(run.at.stop);
}

}  // namespace
}  // namespace weft::testing
