// SPDX-License-Identifier: Apache-2.0
// A convolutional net from the file that PyTorch writes: outputs, three steps of training, the values then, and the
// file that save() writes.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/oracle/golden.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/compile.h"
#include "weft/layers.h"
#include "weft/ops.h"
#include "weft/optim.h"
#include "weft/recipes.h"
#include "weft/regression_loss.h"

namespace weft::testing {
namespace {

class ConvNetOn : public EveryDevice {};

TEST_P(ConvNetOn, TrainsAsInPyTorch) {
  const SafetensorsFile expected = open_golden("conv_net_expected");
  Sequential model{Conv2d(3, 8, 3, {.padding = 1}),
                   BatchNorm(8),
                   ReLU(),
                   Conv2d(8, 12, 3, {.stride = 2, .padding = 1, .groups = 4, .bias = false}),
                   ReLU(),
                   ConvTranspose2d(12, 5, 3, {.stride = 2, .padding = 1, .output_padding = 1}),
                   Flatten(),
                   Linear(5 * 6 * 4, 7)};
  load(model, std::filesystem::path(WEFT_SOURCE_DIR) / "tests/oracle/golden/conv_net.safetensors");
  const Tensor x = expected.tensor("x").to(device()), y = expected.tensor("y").to(device());
  model.eval();
  expect_like(model(x), expected.tensor("before"), "output before");
  model.train();
  Optimizer optimizer(model.parameters(), SGD{.lr = 0.05});
  auto step = compile([&] {
    Tensor loss = mse_loss(model(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  Tensors losses;
  for (int i = 0; i < 3; ++i) losses.push_back(step());
  expect_like(stack(losses), expected.tensor("losses"), "losses");
  model.eval();
  expect_like(model(x), expected.tensor("after"), "output after");

  const TemporaryDirectory directory;
  const std::filesystem::path path = directory / "model.safetensors";
  save(model, path);
  const SafetensorsFile written(path);
  EXPECT_EQ(written.spec("5.weight").shape, (Shape{12, 5, 3, 3}));
  for (const std::string& name : written.names()) {
    // Rounding alone moves the bias in front of a batch norm.
    if (name != "0.bias") expect_like(written.tensor(name), expected.tensor("after." + name), name);
  }
  load(model, path);
  expect_like(model(x), expected.tensor("after"), "output of what was written");
}

WEFT_ON_EVERY_DEVICE(ConvNetOn);

}  // namespace
}  // namespace weft::testing
