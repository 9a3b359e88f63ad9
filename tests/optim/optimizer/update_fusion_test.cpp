// SPDX-License-Identifier: Apache-2.0
// Training steps fused and node by node: the same losses.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/support/every_device.h"
#include "weft/weft.h"

namespace weft::testing {
namespace {

struct Net {
  std::string name;
  std::function<Sequential()> make;
  Recipe recipe;
  UpdateOptions update{};
};

std::vector<Net> nets() {
  return {
      {"digits",
       [] {
         return Sequential{Linear(64, 128), BatchNorm(128), ReLU(), Dropout(0.2), Linear(128, 10)};
       },
       AdamW{.lr = schedule::warmup_cosine(1e-2, 4, 12)}},
      {"plain",
       [] {
         return Sequential{Linear(64, 33), ReLU(), Linear(33, 17), ReLU(), Linear(17, 10)};
       },
       Adam{.lr = 1e-2, .weight_decay = 1e-2},
       {.clip_norm = 0.5}},
      {"smooth",
       [] { return Sequential{Linear(64, 20), Tanh(), Linear(20, 20), GELU(), Linear(20, 10), SiLU()}; },
       SGD{.lr = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 1e-3},
       {.clip_value = 0.1}},
  };
}

std::vector<float> losses(const Net& net, Device device, bool fuse) {
  const DeviceScope on(device);
  Generator draws(3);
  const GeneratorScope scope(draws);
  Sequential model = net.make();
  model.to(device);
  model.initialize(3);
  Optimizer optimizer(model.parameters(), net.recipe, net.update);
  CompileOptions options;
  options.fuse = fuse;
  auto step = compile(
      [&](Tensor x, Tensor y) {
        Tensor loss = cross_entropy(model(x), y, {.label_smoothing = 0.05});
        optimizer.minimize(loss);
        return loss;
      },
      options);
  Loader loader(data::digits().train, {.batch_size = 16, .seed = 3});
  std::vector<float> out;
  for (auto [x, y] : loader) {
    out.push_back(step(x, y).item());
    if (out.size() == 12) break;
  }
  return out;
}

class FusedTrainingOn : public EveryDevice {};

// Only the sums that end a region may come out otherwise: biases, clipping norms, losses. 12 steps carry that to a few
// parts in a million of a loss near 2.
TEST_P(FusedTrainingOn, GivesTheSameLosses) {
  for (const Net& net : nets()) {
    const std::vector<float> fused = losses(net, device(), true), plain = losses(net, device(), false);
    ASSERT_EQ(fused.size(), 12u);
    for (std::size_t i = 0; i < plain.size(); ++i) EXPECT_NEAR(fused[i], plain[i], 1e-5f) << net.name << ", step " << i;
  }
}

WEFT_ON_EVERY_DEVICE(FusedTrainingOn);

}  // namespace
}  // namespace weft::testing
