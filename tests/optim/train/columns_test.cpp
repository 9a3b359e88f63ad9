// SPDX-License-Identifier: Apache-2.0
// Trainers of rows with weights, with several inputs, and from sources that are made as they are read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "tests/support/files.h"
#include "weft/classification_loss.h"
#include "weft/linear.h"
#include "weft/metrics.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/regression_loss.h"
#include "weft/sequential.h"
#include "weft/source.h"
#include "weft/trainer.h"

namespace weft::testing {
namespace {

using ::testing::HasSubstr;

using Rows = std::vector<std::int64_t>;
using Columns = std::vector<Tensor>;

Tensor inputs(std::int64_t n, std::int64_t width, std::int64_t shift = 0) {
  std::vector<float> x;
  for (std::int64_t i = 0; i < n * width; ++i) x.push_back(std::sin(static_cast<float>(i * 5 + shift)));
  return Tensor::of(x, {n, width});
}

Tensor labels(std::int64_t n) {
  Rows y;
  for (std::int64_t i = 0; i < n; ++i) y.push_back((i * i) % 3);
  return Tensor::of(y, {n});
}

const std::vector<float> kWeights{2, 0, 1, 3, 1, 0, 2, 1};
// The rows, each as often as its weight says.
const Rows kRepeated{0, 0, 2, 3, 3, 3, 4, 6, 6, 7};

Dataset classes() { return Dataset({inputs(8, 4), labels(8), Tensor::of(kWeights, {8})}); }
Dataset numbers() { return Dataset({inputs(8, 4), inputs(8, 3, 2), Tensor::of(kWeights, {8, 1})}); }
Dataset repeated(const Dataset& weighted) {
  const Dataset rows = weighted.subset(kRepeated);
  return Dataset({rows.column(0), rows.column(1)});
}

struct Trained {
  template <class L>
  explicit Trained(L loss, Precision precision = Precision::kF32, int accumulate = 1)
      : trainer(model, loss, SGD{.lr = 0.1}, {.seed = 3, .precision = precision, .accumulate = accumulate}) {}
  History fit(const Source& data, FitOptions options = {}) {
    options.quiet = true;
    return trainer.fit(data, options);
  }
  std::vector<float> values() {
    std::vector<float> out;
    for (const Variable& p : model.parameters())
      for (const float value : p.value().to_vector()) out.push_back(value);
    return out;
  }
  Sequential model{Linear(4, 3)};
  Trainer trainer;
};

void expect_near(const std::vector<float>& a, const std::vector<float>& b, float tolerance = 2e-6f) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], tolerance) << i;
}

// A weight of 2 counts as the row twice, one of 0 as none: in the update, the loss, the accuracy and all metrics.
template <class L>
void expect_weights_repeat(L loss, const Dataset& data, const std::vector<metrics::Metric>& metrics) {
  Trained weighted(loss), repeats(loss);
  const Dataset rows = repeated(data);
  const FitOptions all{.epochs = 3, .batch_size = 10, .validation = data, .metrics = metrics};
  const History a = weighted.fit(data, all),
                b = repeats.fit(rows, {.epochs = 3, .batch_size = 10, .validation = rows, .metrics = metrics});
  expect_near(weighted.values(), repeats.values());
  for (std::size_t e = 0; e < a.epochs.size(); ++e) {
    EXPECT_NEAR(a.epochs[e].loss, b.epochs[e].loss, 1e-6);
    EXPECT_NEAR(a.epochs[e].validation_loss, b.epochs[e].validation_loss, 1e-6);
    if (!std::isnan(b.epochs[e].accuracy)) {
      EXPECT_NEAR(a.epochs[e].accuracy, b.epochs[e].accuracy, 1e-6);
      EXPECT_NEAR(a.epochs[e].validation_accuracy, b.epochs[e].validation_accuracy, 1e-6);
    }
    ASSERT_EQ(a.epochs[e].validation_metrics.size(), metrics.size());
    for (std::size_t m = 0; m < metrics.size(); ++m)
      EXPECT_NEAR(a.epochs[e].validation_metrics[m].second, b.epochs[e].validation_metrics[m].second, 1e-6);
  }
  // Means over batches weigh them by the weights of their rows.
  EXPECT_NEAR(weighted.trainer.evaluate(data, 3).loss, repeats.trainer.evaluate(rows, 4).loss, 1e-6);
}

TEST(TrainerColumns, WeightsRepeatRows) {
  expect_weights_repeat(CrossEntropy(), classes(), {metrics::accuracy(), metrics::f1(), metrics::log_loss()});
  expect_weights_repeat(CrossEntropy{{.class_weight = Tensor::of<float>({1, 2, 3}, {3})}}, classes(), {});
  expect_weights_repeat(MSE(), numbers(), {metrics::mae(), metrics::rmse()});
  expect_weights_repeat(Huber{{.delta = 0.3}}, numbers(), {});
  const auto own = [](const Tensor& y, const Tensor& t, const Tensor& weight = {}) {
    return mse_loss(y, t, {.weight = weight});
  };
  expect_weights_repeat(own, numbers(), {metrics::mae()});
}

TEST(TrainerColumns, WeightsCountInAccumulatedUpdates) {
  Trained whole{CrossEntropy()}, parts{CrossEntropy(), Precision::kF32, 4};
  whole.fit(classes(), {.batch_size = 8, .shuffle = false});
  parts.fit(classes(), {.batch_size = 2, .shuffle = false});
  expect_near(parts.values(), whole.values());
}

TEST(TrainerColumns, RowsOfWeightZeroMoveNothing) {
  Trained run{MSE()};
  const std::vector<float> before = run.values();
  const Dataset data({inputs(4, 4), inputs(4, 3), zeros({4})});
  EXPECT_TRUE(std::isnan(run.fit(data).epochs[0].loss));
  EXPECT_EQ(run.values(), before);
}

TEST(TrainerColumns, WeightsThatDoNotFitAreErrors) {
  Trained run{CrossEntropy()};
  const auto with = [](const Tensor& weight) { return Dataset({inputs(8, 4), labels(8), weight}); };
  EXPECT_THAT(message_of<DTypeError>([&] { run.fit(with(labels(8))); }),
              HasSubstr("[fit] the weights of the rows are i64(1,); a floating dtype is needed"));
  EXPECT_THAT(message_of<ShapeError>([&] { run.fit(with(inputs(8, 2))); }),
              HasSubstr("[fit] the weights of a row are f32(1, 2); a row has one"));
  EXPECT_THAT(message_of<ValueError>([&] { run.trainer.evaluate(Dataset({inputs(8, 4)})); }),
              HasSubstr("[evaluate] the data has 1 columns and 8 rows; it needs inputs and targets"));
  Trained plain{[](const Tensor& y, const Tensor& t) { return mse_loss(y, t); }};
  EXPECT_THAT(message_of<ValueError>([&] { plain.fit(numbers()); }), HasSubstr("which the loss does not take"));
  Trained both{MSE{{.weight = ones({8})}}};
  EXPECT_THAT(message_of<ValueError>([&] { both.fit(numbers()); }), HasSubstr("give one of them"));
}

struct TwoInputs : Module {
  Linear left{4, 3}, right{2, 3};
  Tensor forward(const Tensor& a, const Tensor& b) const { return left(a) + right(b); }
  WEFT_MODULE(left, right)
};

TEST(TrainerColumns, AModelMayTakeSeveralInputs) {
  TwoInputs model;
  Trainer trainer(model, CrossEntropy(), AdamW{.lr = 0.05}, {.seed = 1});
  const Dataset data({inputs(30, 4), inputs(30, 2), labels(30)});
  const History history = trainer.fit(data, {.epochs = 30, .batch_size = 8, .validation = data, .quiet = true});
  EXPECT_LT(history.epochs.back().loss, history.epochs[0].loss);
  const Tensor by_hand = model(data.column(0).to(Device::best()), data.column(1).to(Device::best()));
  expect_near(trainer.predict(data, 7).to_vector(), by_hand.to_vector());
  expect_near(trainer.predict(Dataset({data.column(0), data.column(1)}), 30).to_vector(), by_hand.to_vector());
  const Dataset weighted({inputs(30, 4), inputs(30, 2), labels(30), ones({30})});
  EXPECT_NEAR(trainer.evaluate(weighted).loss, trainer.evaluate(data).loss, 1e-7);
  EXPECT_THAT(message_of<ValueError>([&] {
                trainer.fit(Dataset({inputs(3, 4), labels(3)}));
              }),
              HasSubstr("it needs inputs and targets"));
  EXPECT_THAT(message_of<ValueError>([&] { static_cast<void>(trainer.predict(Dataset({inputs(3, 4)}))); }),
              HasSubstr("[predict] the rows have 1 columns, forward() takes 2"));
}

TEST(TrainerColumns, ABadLabelOfSeveralInputsIsNamed) {
  TwoInputs model;
  Trainer trainer(model, CrossEntropy(), SGD{.lr = 0.1}, {.seed = 1});
  Rows y(6, 0);
  y[4] = 7;
  const Dataset data({inputs(6, 4), inputs(6, 2), Tensor::of(y, {6})});
  EXPECT_THAT(message_of<DataError>([&] { trainer.evaluate(data, 2); }), HasSubstr("batch 2 of epoch 1, column 2: "));
}

TEST(TrainerColumns, FitDrawsRowsByWeightsAndClasses) {
  const Dataset data({inputs(8, 4), labels(8)});
  const auto losses = [&](const FitOptions& options, const Dataset& rows) {
    Trained run{CrossEntropy()};
    return run.fit(rows, options).epochs[0].loss;
  };
  std::vector<double> only_third(8, 0);
  only_third[3] = 1;
  EXPECT_NEAR(losses({.batch_size = 8, .weights = only_third}, data),
              losses({.batch_size = 8}, data.subset({3, 3, 3, 3, 3, 3, 3, 3})), 1e-6);
  const Dataset skewed({inputs(8, 4), Tensor::of<std::int64_t>({0, 0, 0, 0, 0, 0, 0, 1}, {8})});
  EXPECT_NE(losses({.batch_size = 8, .balance = 1}, skewed), losses({.batch_size = 8}, skewed));
  EXPECT_THAT(message_of<ValueError>([&] { losses({.weights = {1, 2}}, data); }), HasSubstr("2 weights for 8 rows"));
  EXPECT_THAT(message_of<ValueError>([&] { losses({.balance = 5}, data); }), HasSubstr("no column 5"));
}

// Rows that are computed when they are read.
struct Made {
  std::int64_t count = 40;
  std::int64_t size() const { return count; }
  Columns rows(std::span<const std::int64_t> rows) const {
    std::vector<float> x;
    Rows y;
    for (const std::int64_t row : rows) {
      for (int j = 0; j < 4; ++j) x.push_back(std::sin(static_cast<float>(row * 7 + j)));
      y.push_back(row % 3);
    }
    return {Tensor::of(x, {std::ssize(rows), 4}), Tensor::of(y, {std::ssize(rows)})};
  }
};

Dataset in_memory(const Made& made) {
  Rows all;
  for (std::int64_t row = 0; row < made.size(); ++row) all.push_back(row);
  return Dataset(made.rows(all));
}

TEST(TrainerColumns, ASourceTrainsAsItsDatasetDoes) {
  Trained source{CrossEntropy()}, memory{CrossEntropy()};
  const FitOptions options{.epochs = 2, .batch_size = 16};
  FitOptions from_source = options, from_memory = options;
  from_source.validation = Made{11};
  from_memory.validation = in_memory(Made{11});
  const History a = source.fit(Made{}, from_source), b = memory.fit(in_memory(Made{}), from_memory);
  EXPECT_EQ(source.values(), memory.values());
  EXPECT_EQ(a.epochs[1].validation_loss, b.epochs[1].validation_loss);
  EXPECT_EQ(source.trainer.predict(Made{}).to_vector(), memory.trainer.predict(in_memory(Made{})).to_vector());
}

TEST(TrainerColumns, ANoisySourceTrainsTheSameForAnyNumberOfThreads) {
  const auto trained = [](int threads) {
    Trained run{CrossEntropy()};
    const auto noisy = [](Columns row) -> Columns { return {row[0] + 0.1 * randn({4}), row[1]}; };
    run.fit(data::map(Made{}, noisy, {.threads = threads, .seed = 2}), {.epochs = 3, .batch_size = 8});
    return run.values();
  };
  const std::vector<float> one = trained(1);
  EXPECT_EQ(trained(3), one);
}

TEST(TrainerColumns, BadRowsOfASourceAreNamed) {
  Trained run{CrossEntropy()};
  const auto spoiled = [](Columns row) -> Columns {
    return {row[0] + (row[1].item<std::int64_t>() == 2 ? std::numeric_limits<float>::quiet_NaN() : 0.0f), row[1]};
  };
  EXPECT_THAT(message_of<DataError>([&] { run.fit(data::map(Made{3}, spoiled), {.shuffle = false}); }),
              HasSubstr("column 0 of the training data, row 2"));
}

}  // namespace
}  // namespace weft::testing
