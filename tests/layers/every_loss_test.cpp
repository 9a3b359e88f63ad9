// SPDX-License-Identifier: Apache-2.0
// Promises of every loss of two tensors.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/classification_loss.h"
#include "weft/compile.h"
#include "weft/elementwise.h"
#include "weft/error.h"
#include "weft/gradients.h"
#include "weft/margin_loss.h"
#include "weft/ops.h"
#include "weft/random.h"
#include "weft/regression_loss.h"

namespace weft::testing {
namespace {

class EveryLossTest : public EveryDevice {};
WEFT_ON_EVERY_DEVICE(EveryLossTest);

struct Row {
  std::string name;
  std::function<Tensor(const Tensor&, const Tensor&, Reduction, const Tensor&)> loss;
  Map prediction;                  // from noise (n, 5) to what the loss takes
  std::function<Tensor()> target;  // for 7 rows
  bool by_row;                     // a loss per row, not per element
};

Tensor noise() { return Tensor(randn({7, 5}, DType::kF64)); }
Tensor share() { return uniform({7, 5}, 0.05, 0.95, DType::kF64); }
Tensor labels() { return Tensor::of<std::int64_t>({0, 4, 2, 2, 1, 3, 0}, {7}); }
Tensor signs() { return where(noise() > 0, 1, -ones({7, 5}, DType::kF64)); }

template <class Options, Tensor (*f)(const Tensor&, const Tensor&, const Options&)>
Row row(const std::string& name, Map prediction, std::function<Tensor()> target, bool by_row = false,
        Options options = {}) {
  const auto loss = [options](const Tensor& p, const Tensor& t, Reduction reduction, const Tensor& weight) {
    Options all = options;
    all.reduction = reduction;
    all.weight = weight;
    return f(p, t, all);
  };
  return {name, loss, std::move(prediction), std::move(target), by_row};
}

std::vector<Row> rows() {
  const Map plain = [](Tensor x) { return x; }, squashed = [](Tensor x) { return 0.5 * sigmoid(x) + 0.25; };
  const Map log_softmax_of = [](Tensor x) { return log_softmax(x); };
  const auto softmax_of_noise = [] { return softmax(noise()); };
  return {
      row<LossOptions, mse_loss>("mse", plain, noise),
      row<LossOptions, l1_loss>("l1", plain, noise),
      row<LossOptions, log_cosh_loss>("log_cosh", plain, noise),
      row<HuberOptions, huber_loss>("huber", plain, noise, false, {.delta = 0.5}),
      row<SmoothL1Options, smooth_l1_loss>("smooth_l1", plain, noise, false, {.beta = 0.5}),
      row<QuantileOptions, quantile_loss>("quantile", plain, noise, false, {.quantile = 0.8}),
      row<PoissonNLLOptions, poisson_nll>("poisson", plain, [] { return 3 * share(); }),
      row<PoissonNLLOptions, poisson_nll>("poisson_rate", squashed, [] { return 3 * share(); }, false,
                                          {.log_input = false, .full = true}),
      row<LossOptions, hinge_loss>("hinge", plain, signs),
      row<LossOptions, squared_hinge_loss>("squared_hinge", plain, signs),
      row<MultiMarginOptions, multi_margin_loss>("multi_margin", plain, labels, true),
      row<MultiMarginOptions, multi_margin_loss>("multi_margin_2", plain, labels, true, {.power = 2}),
      row<CrossEntropyOptions, cross_entropy>("cross_entropy", plain, labels, true),
      row<CrossEntropyOptions, cross_entropy>("cross_entropy_of_probabilities", plain, softmax_of_noise, true),
      row<NLLOptions, nll>("nll", log_softmax_of, labels, true),
      row<NLLOptions, nll_of_probabilities>("nll_of_probabilities", squashed, labels, true),
      row<LossOptions, bce>("bce", squashed, share),
      row<BCEWithLogitsOptions, bce_with_logits>("bce_with_logits", plain, share),
      row<FocalOptions, focal_loss>("focal", plain, share),
      row<LossOptions, kl_divergence>("kl_divergence", log_softmax_of, softmax_of_noise, true),
  };
}

TEST_P(EveryLossTest, DerivativesAreRight) {
  for (const Row& row : rows()) {
    const Tensor target = row.target();
    const GradientReport report = check_gradients(
        [&](Tensor x) { return row.loss(row.prediction(x), target, Reduction::kMean, {}); }, {{{7, 5}, DType::kF64}});
    EXPECT_TRUE(report.ok) << row.name << ": " << report.text;
  }
}

TEST_P(EveryLossTest, ReductionsAndWeightsAgree) {
  for (const Row& row : rows()) {
    const Tensor p = row.prediction(noise()), t = row.target();
    const Tensor all = row.loss(p, t, Reduction::kNone, {});
    ASSERT_EQ(all.shape(), row.by_row ? Shape{7} : (Shape{7, 5})) << row.name;
    EXPECT_NEAR(row.loss(p, t, Reduction::kSum, {}).item<double>(), all.sum().item<double>(), 1e-13) << row.name;
    EXPECT_NEAR(row.loss(p, t, Reduction::kMean, {}).item<double>(), all.mean().item<double>(), 1e-13) << row.name;
    // Weights of rows, and of all losses.
    const Tensor of_rows = Tensor::of<double>({1, 0, 2, 0.5, 3, 0, 1}, {7});
    const Tensor wide = row.by_row ? of_rows : of_rows.unsqueeze(1) * ones({1, 5}, DType::kF64);
    const double mean = ((all * wide).sum() / wide.sum()).item<double>();
    for (const Tensor& weight : {of_rows, wide}) {
      EXPECT_NEAR(row.loss(p, t, Reduction::kMean, weight).item<double>(), mean, 1e-13) << row.name;
      const Tensor weighted = row.loss(p, t, Reduction::kNone, weight);
      EXPECT_NEAR((weighted - all * wide).max().item<double>(), 0, 1e-13) << row.name;
    }
    EXPECT_EQ(row.loss(p, t, Reduction::kMean, zeros({7})).item<double>(), 0) << row.name;
    EXPECT_THROW(row.loss(p, t, Reduction::kMean, ones({6})), ShapeError) << row.name;
    EXPECT_THROW(row.loss(p, t, Reduction::kMean, ones({7, 5, 1})), ShapeError) << row.name;
  }
}

TEST_P(EveryLossTest, SixteenBitsAreRoundedOnce) {
  for (const Row& row : rows())
    for (const DType dtype : {DType::kBF16, DType::kF16}) {
      const Tensor p = row.prediction(noise()).to(dtype);
      Tensor t = row.target();
      if (is_floating(t.dtype())) t = t.to(dtype);
      const Tensor exact_target = is_floating(t.dtype()) ? t.to(DType::kF64) : t;
      for (const Reduction r : {Reduction::kNone, Reduction::kMean}) {
        const Tensor got = row.loss(p, t, r, {});
        const std::vector<double> wanted = row.loss(p.to(DType::kF64), exact_target, r, {}).to_vector<double>();
        const bool f32 = row.name.starts_with("cross_entropy");
        EXPECT_EQ(got.dtype(), f32 ? DType::kF32 : dtype) << row.name;
        const std::vector<double> values = got.to_vector<double>();
        const double unit = f32 ? 1e-6 : dtype == DType::kBF16 ? 0x1p-8 : 0x1p-11;
        for (std::size_t i = 0; i < wanted.size(); ++i)
          EXPECT_NEAR(values[i], wanted[i], 1.01 * unit * std::fabs(wanted[i]) + 1e-6) << row.name << " " << i;
      }
    }
}

TEST_P(EveryLossTest, FusedIsUnfused) {
  for (const Row& row : rows()) {
    const Tensor p = row.prediction(noise()).to(DType::kF32);
    const Tensor t = is_floating(row.target().dtype()) ? row.target().to(DType::kF32) : row.target();
    const auto f = [&](Tensor x) { return row.loss(x, t, Reduction::kNone, {}); };
    EXPECT_EQ(compile(f)(p).to_vector(), f(p).to_vector()) << row.name;
  }
}

TEST_P(EveryLossTest, EmptyBatchesHaveASumAndNoMean) {
  for (const Row& row : rows()) {
    const Tensor p = row.prediction(noise()).slice(0, 0, 0), t = row.target().slice(0, 0, 0);
    EXPECT_THROW(row.loss(p, t, Reduction::kMean, {}), ShapeError) << row.name;
    EXPECT_EQ(row.loss(p, t, Reduction::kSum, {}).item<double>(), 0) << row.name;
    EXPECT_EQ(row.loss(p, t, Reduction::kNone, {}).shape()[0], 0) << row.name;
  }
}

TEST_P(EveryLossTest, ShapesMustFit) {
  for (const Row& row : rows()) {
    const Tensor p = row.prediction(noise()), t = row.target();
    EXPECT_THROW(row.loss(p, t.slice(0, 0, 6), Reduction::kMean, {}), ShapeError) << row.name;
    EXPECT_THROW(row.loss(p, t.unsqueeze(0), Reduction::kMean, {}), ShapeError) << row.name;
  }
}

}  // namespace
}  // namespace weft::testing
