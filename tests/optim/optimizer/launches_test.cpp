// SPDX-License-Identifier: Apache-2.0
// Number of kernels in a training step of a small network on a CUDA device.
#if defined(WEFT_CUDA_EMULATED)
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "emulator.h"
#include "tests/optim/rules/every_recipe.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

// Kernels of one step of Linear, activation, Linear, activation, Linear with Adam, and its graph as text.
struct Launches {
  std::uint64_t kernels = 0, products = 0;
  std::string graph;
};

template <class Activation>
Launches launches_of(const Activation& activation, Precision precision, std::int64_t rows) {
  const Device device = Device::cuda(0);
  const DeviceScope on(device);
  Sequential model{Linear(64, 24), activation.remake(), Linear(24, 16), activation.remake(), Linear(16, 10)};
  model.to(device);
  model.initialize(3);
  Optimizer optimizer(model.parameters(), Adam{.lr = 1e-3});
  auto step = compile(
      [&](Tensor x, Tensor y) {
        Tensor loss = cross_entropy(model(x), y);
        optimizer.minimize(loss);
        return loss;
      },
      {.precision = precision});
  const Tensor x = ones({rows, 64}), y = zeros({rows}, DType::kI64);
  Launches out;
  for (int i = 0; i < 3; ++i) {
    const emulator::Counters before = emulator::counters();
    static_cast<void>(step(x, y).item());
    const emulator::Counters after = emulator::counters();
    out.kernels = after.kernels_run - before.kernels_run;
    out.products = 0;
    for (const auto& [name, runs] : after.runs_by_kernel) {
      const auto earlier = before.runs_by_kernel.find(name);
      if (name.find("gemm_kernel") != std::string::npos)
        out.products += runs - (earlier == before.runs_by_kernel.end() ? 0 : earlier->second);
    }
  }
  out.graph = step.graph();
  return out;
}

// Eight products, which give the gradients of biases and go back through activations; the loss, its sum, its factor and
// the product with it, the gaps between packed gradients, the check that they are finite, the numbers of the step, and
// the update. Of few rows, and of as many as a sum of columns by itself would take two kernels for.
TEST(Launches, OfAStepWithReLU) {
  for (const std::int64_t rows : {8, 1024}) {
    const Launches step = launches_of(ReLU(), Precision::kF32, rows);
    EXPECT_EQ(step.products, 8u);
    EXPECT_EQ(step.kernels, 16u) << step.graph;
  }
}

// The f32 kernels, casts of the batch and of three weights, and three biases that are rounded for the matrix library.
TEST(Launches, OfAStepWithReLUInBf16) {
  for (const std::int64_t rows : {8, 1024}) {
    const Launches step = launches_of(ReLU(), Precision::kBF16, rows);
    EXPECT_EQ(step.products, 8u);
    EXPECT_EQ(step.kernels, 23u) << step.graph;
  }
}

TEST(Launches, OfAStepWithGELUInBf16) {
  for (const std::int64_t rows : {8, 1024}) {
    const Launches step = launches_of(GELU(GELUForm::kTanh), Precision::kBF16, rows);
    EXPECT_EQ(step.products, 8u);
    EXPECT_EQ(step.kernels, 23u) << step.graph;
  }
}

// Kernels of one update of three matrices.
std::uint64_t updates_of(const Recipe& recipe) {
  const DeviceScope on(Device::cuda(0));
  Parameters all;
  for (const Shape& shape : {Shape{24, 64}, Shape{16, 24}, Shape{10, 16}})
    all.add("p" + std::to_string(all.size()), Variable(randn(shape)));
  Gradients given{all, {}};
  for (const Variable& v : all) given.values.push_back(randn(v.shape()));
  Optimizer optimizer(all, recipe);
  for (int i = 0; i < 2; ++i) optimizer.apply(given);
  static_cast<void>(optimizer.updates());  // waits
  const std::uint64_t before = emulator::counters().kernels_run;
  optimizer.apply(given);
  static_cast<void>(optimizer.updates());
  return emulator::counters().kernels_run - before;
}

// Elementwise recipes: the gradients side by side, the check that they are finite, the numbers, and the update. The
// numbers of ScheduleFreeAdamW are too many for one kernel. Other recipes have kernels for each parameter: LAMB the
// norms of parameter and step, and the update; LARS two norms, their ratio, and the update; Adafactor its means, too;
// Muon 15 products, and elementwise kernels between them.
TEST(Launches, OfAnUpdateByEveryRecipe) {
  const std::map<std::string, std::uint64_t> wanted = {
      {"adadelta", 4}, {"adafactor", 32}, {"adagrad", 4}, {"adam", 4},    {"adamax", 4},
      {"adamw", 4},    {"heavyball", 4},  {"lamb", 11},   {"lars", 13},   {"lion", 4},
      {"muon", 87},    {"nadam", 4},      {"radam", 4},   {"rmsprop", 4}, {"schedulefreeadamw", 5},
      {"sgd", 4}};
  for (const Recipe& recipe : every_recipe()) {
    const auto row = wanted.find(recipe.name());
    ASSERT_NE(row, wanted.end()) << recipe.name() << " has no row";
    EXPECT_EQ(updates_of(recipe), row->second) << recipe.name();
  }
}

// A mean and a slow copy are results of the launch that moves the parameters; penalties and noise are formulas in it,
// and two kernels give the generator its next state. The numbers of two wrappers are too many for one kernel. A norm
// limit has three kernels for each parameter: the update with its sums of squares, the factors, and the scaled values.
TEST(Launches, OfAnUpdateByARecipeAroundAnother) {
  EXPECT_EQ(updates_of(ema(AdamW{}, 0.9)), 4u);
  EXPECT_EQ(updates_of(swa(AdamW{}, 2, 2)), 4u);
  EXPECT_EQ(updates_of(lookahead(AdamW{})), 4u);
  EXPECT_EQ(updates_of(ema(lookahead(AdamW{}), 0.9)), 5u);
  EXPECT_EQ(updates_of(l2(AdamW{}, 0.1)), 4u);
  EXPECT_EQ(updates_of(l1(AdamW{}, 0.1)), 4u);
  EXPECT_EQ(updates_of(max_norm(AdamW{}, 1)), 13u);
  EXPECT_EQ(updates_of(gradient_noise(AdamW{}, 0.1)), 6u);
}

}  // namespace
}  // namespace weft::testing
#endif
