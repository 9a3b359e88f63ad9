// SPDX-License-Identifier: Apache-2.0
#include "weft/report.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "optim/train/run_place.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/classification_loss.h"
#include "weft/dropout.h"
#include "weft/linear.h"
#include "weft/metrics.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/regression_loss.h"
#include "weft/schedule.h"
#include "weft/sequential.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ReportOn : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(ReportOn);

Dataset labeled(std::int64_t n) {
  const DeviceScope host(Device::cpu());
  return Dataset({randn({n, 4}), randint(0, 2, {n})});
}

Sequential net() { return Sequential{Linear(4, 8), BatchNorm(8), ReLU(), Dropout(0.3), Linear(8, 2)}; }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Keeps what a page holds after each epoch.
struct Reader : Callback {
  explicit Reader(std::filesystem::path path) : path_(std::move(path)) {}
  void on_train_begin(FitState&) override { pages.push_back(read_file(path_)); }
  void on_epoch(FitState&) override { pages.push_back(read_file(path_)); }
  std::vector<std::string> pages;

 private:
  std::filesystem::path path_;
};

void expect_alone(const std::string& page) {
  for (const char* part : {"<script", "src=", "href=", "url(", "@import"}) EXPECT_THAT(page, Not(HasSubstr(part)));
}

TEST_P(ReportOn, ShowsARunWhileItGoesOn) {
  const TemporaryDirectory folder;
  seed(1);
  Sequential model = net();
  Trainer trainer(model, CrossEntropy(), AdamW{.lr = schedule::linear(0.1, 0.05, 10)}, {.device = device()});
  const auto reader = std::make_shared<Reader>(folder / "r.html");
  trainer.fit(labeled(20), {.epochs = 3,
                            .batch_size = 8,
                            .validation = labeled(10),
                            .metrics = {metrics::auc()},
                            .callbacks = {callbacks::report(folder / "r.html", {.title = "Run <1>"}), reader},
                            .quiet = true});
  const std::string page = read_file(folder / "r.html");
  expect_alone(page);
  // Curves of loss, accuracy, auc and rate.
  EXPECT_EQ(count(page, "<svg"), 4u);
  for (const char* part : {"<title>Run &lt;1&gt;</title>", "<h1>Run &lt;1&gt;</h1>", "Finished: 3 of 3 epochs",
                           ">loss</text>", ">accuracy</text>", ">auc</text>", ">learning rate</text>", "validation auc",
                           "BatchNorm", "optimizer", "Kernels of a training step", "of roof"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_THAT(page, HasSubstr(model.parameters()[0].device().describe()));
  EXPECT_THAT(page, Not(HasSubstr("http-equiv")));
  ASSERT_EQ(reader->pages.size(), 4u);
  EXPECT_THAT(reader->pages[0], AllOf(HasSubstr("Running: 0 of 3"), HasSubstr("http-equiv=\"refresh\"")));
  EXPECT_THAT(reader->pages[2], AllOf(HasSubstr("Running: 2 of 3"), HasSubstr("http-equiv=\"refresh\""),
                                      HasSubstr("BatchNorm"), HasSubstr("</html>")));
  EXPECT_THAT(reader->pages[2], Not(HasSubstr("Kernels of")));
}

TEST_P(ReportOn, ChangesNoBitOfTheRun) {
  const auto run = [&](bool reported) {
    const TemporaryDirectory folder;
    seed(2);
    Sequential model = net();
    const Dataset data = labeled(30);
    Trainer trainer(model, CrossEntropy(), AdamW{.lr = 0.1}, {.device = device(), .seed = 3});
    FitOptions options{.epochs = 3, .batch_size = 8, .validation = data, .quiet = true};
    if (reported) options.callbacks = {callbacks::report(folder / "r.html")};
    trainer.fit(data, options);
    std::vector<std::vector<double>> values;
    for (const StateEntry& entry : model.state_dict()) values.push_back(entry.variable.value().to_vector<double>());
    return values;
  };
  EXPECT_EQ(run(true), run(false));
}

TEST_P(ReportOn, AResumedRunShowsItsEarlierEpochs) {
  const TemporaryDirectory folder;
  const Dataset data = labeled(20);
  const auto run = [&](int epochs) {
    Sequential model = net();
    Trainer trainer(model, CrossEntropy(), AdamW{.lr = 0.1}, {.device = device(), .seed = 3});
    trainer.resume(folder / "run");
    trainer.fit(data, {.epochs = epochs,
                       .callbacks = {callbacks::checkpoint(folder / "run"), callbacks::report(folder / "r.html")},
                       .quiet = true});
    return read_file(folder / "r.html");
  };
  const std::string first = run(2);
  const std::string row = first.substr(first.find("<tr><td>1</td>"), 60);
  EXPECT_THAT(run(3), AllOf(HasSubstr("Finished: 5 of 5"), HasSubstr(row)));
  // Nothing is left to train, and this program builds no step.
  EXPECT_THAT(run(0), AllOf(HasSubstr("Finished: 5 of 5"), HasSubstr(row), Not(HasSubstr("<h2>Model"))));
}

TEST_P(ReportOn, LeavesOutWhatHasNoValues) {
  const TemporaryDirectory folder;
  Sequential model{Linear(4, 1)};
  Trainer trainer(model, MSE(), SGD{}, {.device = device()});
  const DeviceScope host(Device::cpu());
  trainer.fit(Dataset({randn({8, 4}), randn({8, 1})}),
              {.callbacks = {callbacks::report(folder / "r.html", {.kernels = 0})}, .quiet = true});
  const std::string page = read_file(folder / "r.html");
  EXPECT_EQ(count(page, "<svg"), 2u);  // loss and rate
  EXPECT_THAT(page, Not(HasSubstr("accuracy")));
  EXPECT_THAT(page, Not(HasSubstr("Kernels")));
}

TEST(Report, HoldsTheSectionsOfAProgram) {
  const TemporaryDirectory folder;
  Sequential model{Linear(4, 2)};
  Trainer trainer(model, CrossEntropy(), SGD{}, {.device = Device::cpu()});
  int calls = 0;
  const auto sections = [&] {
    ++calls;
    return std::vector<callbacks::ReportSection>{{"A & B", "<b id=\"x\">bold</b>"}, {"Second", ""}};
  };
  const callbacks::ReportOptions options{.about = "rows < 100\nsecond \x01 line", .sections = sections};
  trainer.fit(labeled(20), {.epochs = 3, .callbacks = {callbacks::report(folder / "r.html", options)}, .quiet = true});
  const std::string page = read_file(folder / "r.html");
  EXPECT_EQ(calls, 1);
  EXPECT_THAT(page, HasSubstr("<h2>A &amp; B</h2>\n<b id=\"x\">bold</b>\n<h2>Second</h2>"));
  EXPECT_THAT(page, HasSubstr("rows &lt; 100<br>second \\x01 line<br>"));
}

TEST(Report, ShowsTheLastOfManyEpochs) {
  const TemporaryDirectory folder;
  Sequential model{Linear(4, 2)};
  Trainer trainer(model, CrossEntropy(), SGD{}, {.device = Device::cpu()});
  History history;
  for (int i = 1; i <= 2000; ++i) history.epochs.push_back({.number = i, .loss = 1.0 / i});
  FitState at{trainer, history};
  callbacks::report(folder / "r.html")->on_epoch(at);
  const std::string page = read_file(folder / "r.html");
  EXPECT_THAT(page, AllOf(HasSubstr("The last 500 epochs"), HasSubstr("<td>2000</td>"), HasSubstr("<td>1501</td>")));
  EXPECT_THAT(page, Not(HasSubstr("<td>1500</td>")));
}

TEST(Report, RefusesBeforeTraining) {
  const TemporaryDirectory folder;
  write_file(folder / "file", "in the way");
  Sequential model{Linear(4, 2)};
  Trainer trainer(model, CrossEntropy(), SGD{}, {.device = Device::cpu()});
  const auto before = model.parameters()[0].value().to_vector();
  EXPECT_THAT(message_of<FormatError>([&] {
                trainer.fit(labeled(8), {.callbacks = {callbacks::report(folder / "file" / "r.html")}, .quiet = true});
              }),
              HasSubstr("[report]"));
  EXPECT_EQ(model.parameters()[0].value().to_vector(), before);
  EXPECT_THAT(message_of<ValueError>([&] { callbacks::report(folder / "r.html", {.kernels = -1}); }),
              HasSubstr("kernels is -1"));
}

TEST_P(ReportOn, EpochsKnowTheirRates) {
  Sequential model = net();
  const Dataset data = labeled(16);
  const auto rate = schedule::linear(0.1, 0.02, 8);
  Trainer trainer(model, CrossEntropy(), AdamW{.lr = rate}, {.device = device()});
  const History history = trainer.fit(data, {.epochs = 2, .batch_size = 8, .quiet = true});
  EXPECT_FLOAT_EQ(static_cast<float>(history.epochs[0].lr), 0.1f - 0.01f * 2);
  EXPECT_EQ(history.epochs[1].lr, trainer.optimizer().lr().item<double>());
}

TEST(Report, EpochsKeepTheirRatesInFiles) {
  detail::RunPlace place{.hook = detail::Hook::kEpoch, .rows = 8, .batch_size = 4};
  place.history.epochs.push_back({.number = 1, .loss = 2, .lr = 0.25});
  detail::NamedTensors values = detail::values_of(place);
  EXPECT_EQ(detail::place_of(values, "file").history.epochs[0].lr, 0.25);
  // Files from before epochs had a rate.
  values.at("history") = values.at("history").slice(1, 0, 7);
  EXPECT_TRUE(std::isnan(detail::place_of(values, "file").history.epochs[0].lr));
  EXPECT_EQ(detail::place_of(values, "file").history.epochs[0].loss, 2);
}

TEST_P(ReportOn, TrainersListTheirLayers) {
  seed(4);
  Sequential model = net();
  Trainer trainer(model, CrossEntropy(), SGD{}, {.device = device()});
  EXPECT_THAT(message_of<TraceError>([&] { trainer.summary(); }), HasSubstr("has not been traced yet"));
  trainer.prepare(labeled(20), 10);
  const ModelSummary summary = trainer.summary();
  ASSERT_EQ(summary.layers.size(), 5u);
  EXPECT_EQ(summary.layers[0].output, Shape({10, 8}));
  EXPECT_EQ(summary.parameters, 4 * 8 + 8 + 16 + 8 * 2 + 2);
}

}  // namespace
}  // namespace weft::testing
