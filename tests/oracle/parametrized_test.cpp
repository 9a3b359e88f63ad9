// SPDX-License-Identifier: Apache-2.0
// Layers with computed weights, from the file that PyTorch writes: outputs, three steps of training, and the values
// then.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/oracle/golden.h"
#include "tests/support/every_device.h"
#include "weft/compile.h"
#include "weft/layers.h"
#include "weft/ops.h"
#include "weft/optim.h"
#include "weft/recipes.h"
#include "weft/regression_loss.h"

namespace weft::testing {
namespace {

class ParametrizedOn : public EveryDevice {};

TEST_P(ParametrizedOn, TrainsAsInPyTorch) {
  const SafetensorsFile expected = open_golden("parametrized_expected");
  Sequential model{WeightNorm(Linear(6, 5)), Tanh(), SpectralNorm(Linear(5, 4))};
  load(model, std::filesystem::path(WEFT_SOURCE_DIR) / "tests/oracle/golden/parametrized.safetensors");
  const Tensor x = expected.tensor("x").to(device()), y = expected.tensor("y").to(device());
  model.eval();
  expect_like(model(x), expected.tensor("before"), "output before");
  model.train();
  Optimizer optimizer(model.parameters(), SGD{.lr = 0.1});
  auto step = compile([&] {
    Tensor loss = mse_loss(model(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  Tensors losses;
  for (int i = 0; i < 3; ++i) losses.push_back(step());
  expect_like(stack(losses), expected.tensor("losses"), "losses");
  for (const StateEntry& entry : model.state_dict())
    expect_like(entry.variable.value(), expected.tensor("after." + entry.name), entry.name);
  model.eval();
  expect_like(model(x), expected.tensor("after"), "output after");
}

WEFT_ON_EVERY_DEVICE(ParametrizedOn);

}  // namespace
}  // namespace weft::testing
