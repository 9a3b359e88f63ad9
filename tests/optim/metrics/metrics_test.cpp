// SPDX-License-Identifier: Apache-2.0
#include "weft/metrics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/ops.h"
#include "weft/random.h"

namespace weft::testing {
namespace {

class MetricsTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(MetricsTest);

using Doubles = std::vector<double>;
using Ints = std::vector<std::int64_t>;

double of(const metrics::Metric& metric, const Tensor& output, const Tensor& target, const Tensor& weight = {}) {
  metrics::Running running(metric);
  running.add(output, target, weight);
  return running.result();
}

// Rows of a classifier: logits of three classes, labels, weights.
struct Rows {
  Doubles logits, weight;
  Ints label;
  std::size_t size() const { return label.size(); }
  std::size_t best(std::size_t row) const {
    std::size_t c = 0;
    for (std::size_t k = 1; k < 3; ++k)
      if (logits[3 * row + k] > logits[3 * row + c]) c = k;
    return c;
  }
  double probability(std::size_t row, std::size_t c) const {
    double sum = 0;
    for (std::size_t k = 0; k < 3; ++k) sum += std::exp(logits[3 * row + k]);
    return std::exp(logits[3 * row + c]) / sum;
  }
};

Rows some_rows(std::int64_t n) {
  Rows out;
  out.logits = (2.0 * randn({n, 3}, DType::kF64)).to(DType::kF32).to_vector<double>();
  out.label = randint(0, 3, {n}).to_vector<std::int64_t>();
  out.weight = randint(0, 4, {n}).to_vector<double>();
  return out;
}

Tensor logits_of(const Rows& rows) {
  return Tensor::of<double>(rows.logits, {static_cast<std::int64_t>(rows.size()), 3}).to(DType::kF32);
}
Tensor labels_of(const Rows& rows) { return Tensor::of(rows.label, {static_cast<std::int64_t>(rows.size())}); }
Tensor weights_of(const Rows& rows) {
  return Tensor::of<double>(rows.weight, {static_cast<std::int64_t>(rows.size())}).to(DType::kF32);
}

// Weighted mean over rows.
template <class F>
double mean_over(const Rows& rows, F f) {
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sum += rows.weight[i] * f(i);
    weight += rows.weight[i];
  }
  return sum / weight;
}

TEST_P(MetricsTest, MeansOverDecisions) {
  const Rows rows = some_rows(101);
  const Tensor x = logits_of(rows), y = labels_of(rows), w = weights_of(rows);
  EXPECT_NEAR(of(metrics::accuracy(), x, y, w),
              mean_over(rows, [&](std::size_t i) { return static_cast<std::int64_t>(rows.best(i)) == rows.label[i]; }),
              1e-12);
  const auto label = [&](std::size_t i) { return static_cast<std::size_t>(rows.label[i]); };
  EXPECT_NEAR(of(metrics::top_k_accuracy(2), x, y, w),
              mean_over(rows,
                        [&](std::size_t i) {
                          int larger = 0;
                          for (std::size_t k = 0; k < 3; ++k)
                            larger += rows.logits[3 * i + k] > rows.logits[3 * i + label(i)];
                          return larger < 2;
                        }),
              1e-12);
  EXPECT_EQ(of(metrics::top_k_accuracy(7), x, y, w), 1);
  const double loss = mean_over(rows, [&](std::size_t i) { return -std::log(rows.probability(i, label(i))); });
  EXPECT_NEAR(of(metrics::log_loss(), x, y, w), loss, 1e-6);
  EXPECT_NEAR(of(metrics::perplexity(), x, y, w), std::exp(loss), 1e-5);
  double calibration = 0;
  for (int bin = 0; bin < 15; ++bin)
    calibration += std::fabs(mean_over(rows, [&](std::size_t i) {
      const double confidence = rows.probability(i, rows.best(i));
      if (std::min(static_cast<int>(confidence * 15), 14) != bin) return 0.0;
      return confidence - (rows.best(i) == label(i) ? 1 : 0);
    }));
  EXPECT_NEAR(of(metrics::calibration_error(), x, y, w), calibration, 1e-6);
  EXPECT_THROW(metrics::top_k_accuracy(0), ValueError);
  EXPECT_THROW(metrics::calibration_error(0), ValueError);
}

TEST_P(MetricsTest, PrecisionRecallF1) {
  const Rows rows = some_rows(80);
  double real[3] = {}, predicted[3] = {}, right[3] = {}, all = 0, all_right = 0;
  std::vector<double> confusion(9);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto t = static_cast<std::size_t>(rows.label[i]), p = rows.best(i);
    real[t] += rows.weight[i];
    predicted[p] += rows.weight[i];
    confusion[3 * t + p] += rows.weight[i];
    all += rows.weight[i];
    if (t == p) right[t] += rows.weight[i], all_right += rows.weight[i];
  }
  double precision = 0, recall = 0, f1 = 0;
  for (int c = 0; c < 3; ++c) {
    const double p = right[c] / predicted[c], r = right[c] / real[c];
    precision += p / 3;
    recall += r / 3;
    f1 += 2 * p * r / (p + r) / 3;
  }
  const Tensor x = logits_of(rows), y = labels_of(rows), w = weights_of(rows);
  EXPECT_NEAR(of(metrics::precision(), x, y, w), precision, 1e-12);
  EXPECT_NEAR(of(metrics::recall(), x, y, w), recall, 1e-12);
  EXPECT_NEAR(of(metrics::f1(), x, y, w), f1, 1e-12);
  for (const auto& metric : {metrics::precision, metrics::recall, metrics::f1})
    EXPECT_NEAR(of(metric(metrics::Average::kMicro), x, y, w), all_right / all, 1e-12);
  EXPECT_EQ(metrics::confusion_matrix(x, y, w).to_vector<double>(), confusion);
  // Nothing is predicted of class 1, and class 2 has no rows.
  const Tensor narrow = Tensor::of<float>({1, 0, 0, 0, 0, 1}, {2, 3}), first = Tensor::of<std::int64_t>({0, 1}, {2});
  EXPECT_NEAR(of(metrics::precision(), narrow, first), 1.0 / 3, 1e-12);
  EXPECT_NEAR(of(metrics::recall(), narrow, first), 1.0 / 3, 1e-12);
}

TEST_P(MetricsTest, OneLogitIsOfTwoClasses) {
  const Tensor x = Tensor::of<float>({2, -1, 0.5f, -3, 1}, {5, 1});
  for (const Tensor& y : {Tensor::of<float>({1, 1, 0, 0, 1}, {5, 1}), Tensor::of<float>({1, 1, 0, 0, 1}, {5})}) {
    EXPECT_NEAR(of(metrics::accuracy(), x, y), 0.6, 1e-12);
    EXPECT_NEAR(of(metrics::precision(), x, y), 2.0 / 3, 1e-12);
    EXPECT_NEAR(of(metrics::recall(), x, y), 2.0 / 3, 1e-12);
    EXPECT_NEAR(of(metrics::f1(), x, y), 2.0 / 3, 1e-12);
    EXPECT_NEAR(of(metrics::auc(), x, y), 5.0 / 6, 1e-12);
    const double loss = (std::log1p(std::exp(-2.0)) + std::log1p(std::exp(1.0)) + std::log1p(std::exp(0.5)) +
                         std::log1p(std::exp(-3.0)) + std::log1p(std::exp(-1.0))) /
                        5;
    EXPECT_NEAR(of(metrics::log_loss(), x, y), loss, 1e-6);
  }
  EXPECT_EQ(metrics::confusion_matrix(x, zeros({5})).to_vector<double>(), (Doubles{2, 3, 0, 0}));
}

// The definition: all pairs of a row of class 1 and one of class 0.
double auc_by_pairs(const Doubles& logit, const Ints& label, const Doubles& weight) {
  double pairs = 0, wins = 0;
  for (std::size_t i = 0; i < logit.size(); ++i)
    for (std::size_t j = 0; j < logit.size(); ++j) {
      if (label[i] != 1 || label[j] != 0) continue;
      pairs += weight[i] * weight[j];
      wins += weight[i] * weight[j] * (logit[i] > logit[j] ? 1 : logit[i] == logit[j] ? 0.5 : 0);
    }
  return wins / pairs;
}

TEST_P(MetricsTest, AreasUnderCurves) {
  const std::int64_t n = 97;
  const Doubles logit = round(2.0 * randn({n}, DType::kF64)).to_vector<double>();  // many ties
  const Ints label = randint(0, 2, {n}).to_vector<std::int64_t>();
  const Doubles weight = randint(0, 3, {n}).to_vector<double>();
  const Tensor x = Tensor::of<double>(logit, {n}), y = Tensor::of(label, {n}), w = Tensor::of<double>(weight, {n});
  EXPECT_NEAR(of(metrics::auc(), x, y, w), auc_by_pairs(logit, label, weight), 1e-12);
  const Tensor two = stack({zeros({n}), x.to(DType::kF32)}, 1);
  EXPECT_NEAR(of(metrics::auc(), two, y, w), auc_by_pairs(logit, label, weight), 1e-12);
  double area = 0, positives = 0;
  for (std::size_t i = 0; i < logit.size(); ++i) {
    if (label[i] != 1) continue;
    double right = 0, all = 0;
    for (std::size_t j = 0; j < logit.size(); ++j) {
      if (logit[j] < logit[i]) continue;
      all += weight[j];
      if (label[j] == 1) right += weight[j];
    }
    positives += weight[i];
    if (weight[i] > 0) area += weight[i] * right / all;
  }
  EXPECT_NEAR(of(metrics::average_precision(), x, y, w), area / positives, 1e-12);
  EXPECT_EQ(of(metrics::auc(), Tensor::of<float>({3, 1, 2}, {3}), Tensor::of<std::int64_t>({1, 0, 1}, {3})), 1);
  EXPECT_TRUE(std::isnan(of(metrics::auc(), ones({3}), ones({3}))));
  EXPECT_TRUE(std::isnan(of(metrics::average_precision(), ones({3}), zeros({3}))));
  EXPECT_TRUE(std::isnan(of(metrics::auc(), full({2}, std::nan("")), Tensor::of<float>({0, 1}, {2}))));
  EXPECT_THROW(of(metrics::auc(), ones({3, 4}), zeros({3}, DType::kI64)), ShapeError);
}

TEST_P(MetricsTest, Numbers) {
  const Tensor y = Tensor::of<double>({1, 4, 2, 0, 3, -2}, {3, 2}), t = Tensor::of<double>({2, 4, 4, 1, 3, 1}, {3, 2});
  const Tensor w = Tensor::of<float>({1, 2, 1}, {3});
  EXPECT_NEAR(of(metrics::mae(), y, t), (0.5 + 1.5 + 1.5) / 3, 1e-12);
  EXPECT_NEAR(of(metrics::mae(), y, t, w), (0.5 + 2 * 1.5 + 1.5) / 4, 1e-12);
  EXPECT_NEAR(of(metrics::rmse(), y, t), std::sqrt((1 + 4 + 1 + 9) / 6.0), 1e-12);
  EXPECT_NEAR(of(metrics::mape(), y, t), (0.5 + 0 + 0.5 + 1 + 0 + 3) / 6, 1e-12);
  // Columns: targets 2 4 3 with mean 3, errors 1 4 0; targets 4 1 1 with mean 2, errors 0 1 9.
  EXPECT_NEAR(of(metrics::r2(), y, t), ((1 - 5.0 / 2) + (1 - 10.0 / 6)) / 2, 1e-12);
  EXPECT_NEAR(of(metrics::r2(), t, t), 1, 1e-12);
  // One value: the difference of its sums of squares is rounded to something else than 0 for some n.
  for (std::int64_t n = 1; n < 40; ++n) {
    const Tensor one = full({n, 1}, 0.1, DType::kF64);
    EXPECT_EQ(of(metrics::r2(), one, one), 1) << n;
    EXPECT_EQ(of(metrics::r2(), one * 2.0, one), 0) << n;
  }
  EXPECT_EQ(of(metrics::mae(), Tensor::of<float>({1, 3}, {2}), zeros({2})), 2);
}

std::vector<metrics::Metric> of_classes() {
  return {metrics::accuracy(),
          metrics::top_k_accuracy(2),
          metrics::precision(),
          metrics::recall(),
          metrics::f1(),
          metrics::f1(metrics::Average::kMicro),
          metrics::log_loss(),
          metrics::perplexity(),
          metrics::calibration_error()};
}
std::vector<metrics::Metric> of_two_classes() { return {metrics::auc(), metrics::average_precision()}; }
std::vector<metrics::Metric> of_numbers() { return {metrics::mae(), metrics::rmse(), metrics::r2(), metrics::mape()}; }

TEST_P(MetricsTest, BatchesOfAnySizeGiveOneResult) {
  const Rows rows = some_rows(60);
  const Tensor x = logits_of(rows), y = labels_of(rows), w = weights_of(rows);
  const auto expect_one_result = [&](const metrics::Metric& metric, const Tensor& output, const Tensor& target) {
    metrics::Running parts(metric);
    std::int64_t begin = 0;
    for (const std::int64_t size : {1, 0, 17, 40, 2}) {
      parts.add(output[{begin, begin + size}], target[{begin, begin + size}], w[{begin, begin + size}]);
      begin += size;
    }
    EXPECT_NEAR(parts.result(), of(metric, output, target, w), 1e-9) << metric.name;
    EXPECT_FALSE(std::isnan(parts.result())) << metric.name;
    parts.reset();
    EXPECT_TRUE(std::isnan(parts.result())) << metric.name;
    EXPECT_THROW(parts.add(output, target, ones({3})), ShapeError) << metric.name;
    EXPECT_THROW(parts.add(output, target[{0, 3}]), ShapeError) << metric.name;
    // A row without weight counts nothing, whatever it is.
    Tensor worst = output + where(equal(w, 0), std::nan(""), zeros({60})).reshape({60, 1});
    if (output.rank() == 1) worst = worst.slice(1, 0, 1).squeeze(1);
    if (metric.name != "calibration_error" && metric.name != "r2") {
      EXPECT_NEAR(of(metric, worst, target, w), of(metric, output, target, w), 1e-9) << metric.name;
    }
  };
  for (const metrics::Metric& metric : of_classes()) expect_one_result(metric, x, y);
  for (const metrics::Metric& metric : of_two_classes()) expect_one_result(metric, x.slice(1, 0, 1), y > 0);
  for (const metrics::Metric& metric : of_numbers()) expect_one_result(metric, x, x + 1);
}

TEST_P(MetricsTest, IgnoredLabelsCountNothing) {
  const Tensor x = Tensor::of<float>({1, 0, 0, 1, 1, 0, 0, 1}, {4, 2});
  const Tensor y = Tensor::of<std::int64_t>({0, -100, 1, 1}, {4});
  EXPECT_NEAR(of(metrics::accuracy(), x, y), 2.0 / 3, 1e-12);
  EXPECT_EQ(metrics::confusion_matrix(x, y).to_vector<double>(), (Doubles{1, 0, 1, 1}));
  EXPECT_NEAR(of(metrics::log_loss(), x, y),
              of(metrics::log_loss(), take(x, Tensor::of<std::int64_t>({0, 2, 3}, {3})),
                 Tensor::of<std::int64_t>({0, 1, 1}, {3})),
              1e-7);
}

TEST_P(MetricsTest, AreForSequencesToo) {
  const Tensor x = randn({4, 5, 3}), y = randint(0, 3, {4, 5});
  for (const metrics::Metric& metric : of_classes())
    EXPECT_NEAR(of(metric, x, y), of(metric, x.reshape({20, 3}), y.reshape({20})), 1e-9) << metric.name;
}

TEST_P(MetricsTest, OnesOwnInThreeLines) {
  const metrics::Metric off =
      metrics::mean("off by more than 1", [](Tensor y, Tensor t) { return (abs(y - t) > 1).to(DType::kF32); });
  const Tensor y = Tensor::of<float>({0, 2, 5, 1}, {2, 2});
  EXPECT_EQ(of(off, y, zeros({2, 2})), 0.5);
  EXPECT_EQ(of(off, y, zeros({2, 2}), Tensor::of<float>({0, 2}, {2})), 0.5);
  EXPECT_EQ(of(off, y, full({2, 2}, 4), Tensor::of<float>({3, 1}, {2})), 0.875);
  // A row that does not count may be NaN.
  const Tensor bad = Tensor::of<float>({0, 2, std::nanf(""), 1}, {2, 2});
  const metrics::Metric size = metrics::mean("size", [](Tensor a, Tensor) { return a; });
  EXPECT_EQ(of(size, bad, zeros({2, 2}), Tensor::of<float>({1, 0}, {2})), 1);
  EXPECT_EQ(message_of<ValueError>([] { metrics::mean("mine", {}); }),
            "[mean] the function of the metric \"mine\" is empty");
  EXPECT_THROW(metrics::Running(metrics::Metric{"empty", {}, {}}), ValueError);
  const metrics::Metric scalar = metrics::mean("scalar", [](Tensor a, Tensor b) { return (a - b).sum(); });
  EXPECT_THROW(of(scalar, y, y), ShapeError);
}

TEST_P(MetricsTest, RefusesWhatDoesNotFit) {
  EXPECT_EQ(
      message_of<ShapeError>([] {
        of(metrics::accuracy(), ones({3, 4}), ones({3, 4}));
      }),
      "[accuracy] output is f32(3, 4), target is f32(3, 4); logits (n, c) want class indices (n), one logit per row "
      "wants as many targets 0 and 1");
  EXPECT_THROW(of(metrics::mae(), ones({3, 1}), ones({3})), ShapeError);
  EXPECT_THROW(of(metrics::mae(), Tensor::scalar(1.0f), Tensor::scalar(1.0f)), ShapeError);
}

}  // namespace
}  // namespace weft::testing
