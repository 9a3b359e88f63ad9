// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/oracle/golden.h"
#include "tests/support/every_device.h"
#include "weft/activation.h"
#include "weft/batch_norm.h"
#include "weft/classification_loss.h"
#include "weft/compile.h"
#include "weft/linear.h"
#include "weft/ops.h"
#include "weft/optimizer.h"
#include "weft/sequential.h"

namespace weft::testing {
namespace {

constexpr int kSteps = 50;

class TrainingOn : public EveryDevice {};
class OptimizerOn : public EveryDevice {};

struct Training {
  std::string name;
  Recipe recipe;
};
std::vector<Training> trainings() {
  return {
      {"sgd", SGD{.lr = 0.05, .momentum = 0.9}}, {"adam", Adam{.lr = 1e-3}}, {"adamw", AdamW{.weight_decay = 0.05}}};
}

template <class V>
void start_at(V& variable, const Tensor& initial, DType dtype) {
  const Tensor value = initial.to(default_device());
  variable = V(is_floating(value.dtype()) ? value.to(dtype) : value);
}

// The classifier of golden_training.py in PyTorch's initial state.
Sequential classifier(const SafetensorsFile& file, DType dtype) {
  Sequential model{Linear(64, 128), BatchNorm(128), ReLU(), Linear(128, 10)};
  for (const std::size_t at : {0, 3}) {
    auto& linear = model.get<Linear>(at);
    const std::string prefix = "initial:" + std::to_string(at);
    start_at(linear.weight, file.tensor(prefix + ".weight"), dtype);
    start_at(linear.bias, file.tensor(prefix + ".bias"), dtype);
  }
  auto& norm = model.get<BatchNorm>(1);
  start_at(norm.weight, file.tensor("initial:1.weight"), dtype);
  start_at(norm.bias, file.tensor("initial:1.bias"), dtype);
  start_at(norm.running_mean, file.tensor("initial:1.running_mean"), dtype);
  start_at(norm.running_var, file.tensor("initial:1.running_var"), dtype);
  return model;
}

std::vector<double> train(const SafetensorsFile& file, Sequential& model, const Recipe& recipe, DType dtype) {
  Optimizer optimizer(model.parameters(), recipe);
  auto step = compile([&](Tensor x, Tensor y) {
    Tensor loss = cross_entropy(model(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  const Tensor pixels = file.tensor("pixels").to(default_device()).to(dtype) / 16;
  const Tensor labels = file.tensor("labels").to(default_device());
  std::vector<double> losses;
  for (int i = 0; i < kSteps; ++i) {
    const std::int64_t at = i % pixels.dim(0);
    losses.push_back(
        step(pixels.slice(0, at, at + 1).squeeze(0), labels.slice(0, at, at + 1).squeeze(0)).item<double>());
  }
  return losses;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(squares);
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(a[i] - b[i]);
    largest = std::isnan(difference) ? HUGE_VAL : std::max(largest, difference);
  }
  return largest;
}

TEST_P(TrainingOn, DoublePrecisionStaysOnPyTorchsTrajectory) {
  const SafetensorsFile file = open_golden("trajectories");
  for (const Training& run : trainings()) {
    SCOPED_TRACE(run.name);
    Sequential model = classifier(file, DType::kF64);
    const std::vector<double> losses = train(file, model, run.recipe, DType::kF64);
    const std::string prefix = run.name + ":f64:";
    EXPECT_LE(largest_difference(losses, file.tensor(prefix + "losses").to_vector<double>()), 1e-8);
    for (const auto& [name, variable] : model.state_dict())
      EXPECT_LE(
          largest_difference(variable.value().to_vector<double>(), file.tensor(prefix + name).to_vector<double>()),
          1e-8)
          << name;
  }
}

TEST_P(TrainingOn, SinglePrecisionIsAsCloseAsPyTorchsOwn) {
  const SafetensorsFile file = open_golden("trajectories");
  for (const Training& run : trainings()) {
    SCOPED_TRACE(run.name);
    Sequential model = classifier(file, DType::kF32);
    const std::vector<double> losses = train(file, model, run.recipe, DType::kF32);
    const auto expect_as_close = [&](const std::string& name, const std::vector<double>& got) {
      const auto exact = file.tensor(run.name + ":f64:" + name).to_vector<double>();
      const double theirs = distance(file.tensor(run.name + ":f32:" + name).to_vector<double>(), exact);
      EXPECT_LE(distance(got, exact), 2 * theirs) << name;
    };
    expect_as_close("losses", losses);
    for (const auto& [name, variable] : model.state_dict()) {
      // A bias in front of a batch norm has no true gradient, and Adam amplifies the rounding; the mean contains it.
      if (name == "0.bias" || name == "1.running_mean") continue;
      expect_as_close(name, variable.value().to_vector<double>());
    }
  }
}

WEFT_ON_EVERY_DEVICE(TrainingOn);

TEST_P(OptimizerOn, EveryOptionStepsAsPyTorchDoes) {
  const SafetensorsFile file = open_golden("optimizers");
  const std::vector<Training> all = {
      {"sgd_plain", SGD{.lr = 0.1}},
      {"sgd_decay", SGD{.lr = 0.1, .momentum = 0.8, .weight_decay = 0.1}},
      {"sgd_nesterov", SGD{.lr = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 0.01}},
      {"adam_decay", Adam{.lr = 0.05, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1}},
      {"adamw_decay", AdamW{.lr = 0.05, .beta1 = 0.8, .beta2 = 0.95, .eps = 1e-3, .weight_decay = 0.1}},
  };
  for (const DType dtype : {DType::kF32, DType::kF64})
    for (const Training& run : all) {
      const Variable p(file.tensor("start").to(default_device()).to(dtype));
      const Tensor scales = file.tensor("scales").to(default_device()).to(dtype);
      Optimizer optimizer({{"p", p}}, run.recipe);
      auto step = compile([&](Tensor c) { optimizer.minimize((c * square(p.value())).sum()); });
      Tensors path;
      for (std::int64_t i = 0; i < scales.dim(0); ++i) {
        step(scales.slice(0, i, i + 1).squeeze(0));
        path.push_back(p.value());
      }
      const std::string key = run.name + ":" + std::string(name_of(dtype));
      expect_like(stack(path), file.tensor(key), key);
    }
}

WEFT_ON_EVERY_DEVICE(OptimizerOn);

}  // namespace
}  // namespace weft::testing
