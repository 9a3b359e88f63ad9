// SPDX-License-Identifier: Apache-2.0
// Figures of layers, and warnings of runs that go wrong.
#include "weft/layer_report.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "tests/support/warnings.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using LayerReports = EveryDevice;

TrainerOptions seeded(std::uint64_t seed = 1) { return {.device = default_device(), .seed = seed}; }

Dataset line(std::int64_t rows) {
  const Tensor x = linspace(-1, 1, rows).unsqueeze(1);
  return Dataset({x, 2 * x});
}

TEST_P(LayerReports, FiguresAreThoseByHand) {
  Sequential model{Linear(2, 3), ReLU(), Linear(3, 1)};
  const auto set = [&](const char* name, const std::vector<float>& values) {
    for (const StateEntry& e : model.state_dict())
      if (e.name == name) e.variable.assign(Tensor::of(values, e.variable.shape()));
  };
  set("0.weight", {1, 0, 0, 1, -1, -1});
  set("0.bias", {0, 0, -10});  // the third unit is dead
  set("2.weight", {2, 3, 4});
  set("2.bias", {1});
  Trainer trainer(model, MSE(), SGD{.lr = 0.1}, seeded());
  const Dataset rows({Tensor::of<float>({1, 2, -3, 4}, {2, 2}), Tensor::of<float>({0, 0}, {2, 1})});
  const std::vector<LayerStatistics> layers = trainer.layer_report(rows).layers;
  ASSERT_EQ(layers.size(), 3u);
  // Outputs: (1, 2, -13), (-3, 4, -11); then (1, 2, 0), (0, 4, 0); then 9, 13. Gradients of the mean: 9, 13.
  const LayerStatistics &first = layers[0], &relu = layers[1], &last = layers[2];
  EXPECT_THAT((std::vector<std::string>{first.path, first.type, relu.path, relu.type, last.path, last.type}),
              ElementsAre("0", "Linear", "1", "ReLU", "2", "Linear"));
  EXPECT_NEAR(first.mean, -20.0 / 6, 1e-6);
  EXPECT_NEAR(first.largest, 13, 1e-6);
  EXPECT_EQ(first.zeros, 0);
  EXPECT_NEAR(relu.mean, 7.0 / 6, 1e-6);
  EXPECT_NEAR(relu.deviation, std::sqrt(21.0 / 6 - 49.0 / 36), 1e-6);
  EXPECT_NEAR(relu.zeros, 0.5, 1e-6);
  EXPECT_NEAR(relu.dead, 1.0 / 3, 1e-6);
  EXPECT_NEAR(last.gradient, std::sqrt((81 + 169) / 2.0), 1e-4);
  EXPECT_NEAR(relu.gradient, std::sqrt((81 + 169) * (4 + 9 + 16) / 6.0), 1e-4);
  EXPECT_NEAR(first.gradient, std::sqrt((81 * (4 + 9) + 169 * 9) / 6.0), 1e-4);
  EXPECT_NEAR(last.weights, std::sqrt((4 + 9 + 16 + 1) / 4.0), 1e-6);
  EXPECT_NEAR(last.weight_gradients, std::sqrt((9 * 9 + 70 * 70 + 0 + 22 * 22) / 4.0), 1e-3);
  EXPECT_EQ(relu.weights, 0);
  EXPECT_THAT(trainer.layer_report(rows).text(), HasSubstr("1      ReLU"));
}

TEST_P(LayerReports, ChangeNothing) {
  const auto run = [](bool look) {
    Sequential model{Linear(1, 8), BatchNorm(8), ReLU(), Dropout(0.3), Linear(8, 1)};
    Trainer trainer(model, MSE(), AdamW{.lr = 1e-2}, seeded());
    const Dataset data = line(20);
    std::vector<int> seen;
    FitOptions options{.epochs = 3, .batch_size = 8, .quiet = true};
    if (look)
      options.callbacks = {
          callbacks::layer_report(
              data,
              [&](int epoch, const LayerReport& r) { seen.push_back(epoch + 100 * static_cast<int>(r.layers.size())); },
              2),
          callbacks::warnings(data)};
    trainer.fit(data, options);
    EXPECT_EQ(seen, look ? std::vector<int>{502} : std::vector<int>{});
    std::vector<float> values;
    for (const StateEntry& e : model.state_dict())
      for (const float v : e.variable.value().to(DType::kF32).to_vector()) values.push_back(v);
    return values;
  };
  EXPECT_EQ(run(true), run(false));
}

std::vector<std::string> warnings_of(Sequential& model, const Recipe& recipe, int epochs, const Dataset& data) {
  const Warnings heard;
  Trainer trainer(model, MSE(), recipe, seeded());
  trainer.fit(data, {.epochs = epochs, .batch_size = 16, .callbacks = {callbacks::warnings(data)}, .quiet = true});
  return heard.texts;
}

Sequential deep(const std::function<void(Sequential&)>& activation, const Init& init) {
  Sequential model{Linear(1, 16)};
  for (int i = 0; i < 12; ++i) {
    activation(model);
    model.push_back(Linear(16, i < 11 ? 16 : 1));
  }
  for (const StateEntry& e : model.state_dict())
    if (e.name.ends_with("weight")) e.variable.assign(Variable(e.variable.shape(), init).value());
  return model;
}

TEST_P(LayerReports, WarningsNameTroubleAndCure) {
  const Dataset data = line(32);
  Sequential good{Linear(1, 16), Tanh(), Linear(16, 1)};
  EXPECT_THAT(warnings_of(good, AdamW{.lr = 1e-2}, 6, data), IsEmpty());

  Sequential dead{Linear(1, 16), ReLU(), Linear(16, 1)};
  for (const StateEntry& e : dead.state_dict())
    if (e.name == "0.bias") e.variable.assign(full({16}, -5));
  const auto of_dead = warnings_of(dead, SGD{.lr = 1e-3}, 1, data);
  ASSERT_EQ(of_dead.size(), 1u);
  EXPECT_THAT(of_dead[0], HasSubstr("100 % of the units of layer 1 (ReLU) are 0 for every row"));
  EXPECT_THAT(of_dead[0], HasSubstr("leaky_relu"));

  Sequential small = deep([](Sequential& m) { m.push_back(Sigmoid()); }, init::normal(0.1));
  const auto of_small = warnings_of(small, SGD{.lr = 1e-3}, 4, data);
  ASSERT_EQ(of_small.size(), 1u);  // once, not after epochs 1, 2 and 4
  EXPECT_THAT(of_small[0], HasSubstr("the gradient vanishes"));
  EXPECT_THAT(of_small[0], HasSubstr("layer 0 (Linear)"));

  Sequential large = deep([](Sequential&) {}, init::normal(1.0));
  const auto of_large = warnings_of(large, SGD{.lr = 1e-30}, 1, data);
  ASSERT_EQ(of_large.size(), 1u);
  EXPECT_THAT(of_large[0], HasSubstr("the gradient explodes"));
  EXPECT_THAT(of_large[0], HasSubstr("clip_norm"));

  Sequential flat{Linear(1, 16), Tanh(), Linear(16, 1)};
  const auto of_flat = warnings_of(flat, SGD{.lr = 1e-9}, 6, data);
  ASSERT_EQ(of_flat.size(), 1u);
  EXPECT_THAT(of_flat[0], HasSubstr("has not fallen by 0.1 % in 5 epochs"));
}

// Units that are 0 for few rows may be so by chance.
TEST_P(LayerReports, FewRowsMakeNoUnitDead) {
  for (const std::int64_t rows : {15, 16}) {
    Sequential model{Linear(1, 4), ReLU(), Linear(4, 1)};
    for (const StateEntry& e : model.state_dict())
      if (e.name == "0.bias") e.variable.assign(full({4}, -5));
    EXPECT_EQ(warnings_of(model, SGD{.lr = 1e-3}, 1, line(rows)).size(), rows < 16 ? 0u : 1u);
  }
}

TEST_P(LayerReports, CallbacksLookAt256Rows) {
  Sequential model{Linear(1, 1)};
  Trainer trainer(model, MSE(), SGD{.lr = 0}, seeded());
  const Dataset data = line(300);
  double largest = 0;
  trainer.fit(
      data,
      {.callbacks = {callbacks::layer_report(data, [&](int, const LayerReport& r) { largest = r.layers[0].largest; })},
       .quiet = true});
  const Tensor outputs = trainer.predict(data.column(0));
  EXPECT_EQ(largest, max(abs(outputs.slice(0, 0, 256))).item<double>());
  EXPECT_NE(largest, max(abs(outputs)).item<double>());
}

TEST_P(LayerReports, RefuseWhatCannotBe) {
  EXPECT_THROW(callbacks::layer_report(line(3), {}), ValueError);
  EXPECT_THROW(callbacks::layer_report(
                   line(3), [](int, const LayerReport&) {}, 0),
               ValueError);
  Sequential model{Linear(1, 1)};
  Trainer trainer(model, MSE(), SGD{}, seeded());
  EXPECT_THROW(trainer.layer_report(Dataset()), ValueError);
}

WEFT_ON_EVERY_DEVICE(LayerReports);

}  // namespace
}  // namespace weft::testing
