// SPDX-License-Identifier: Apache-2.0
// A convolutional net from the file that PyTorch writes: outputs, three steps of training, the values then, and the
// file that save() writes.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/oracle/three_steps.h"
#include "tests/support/every_device.h"
#include "tests/support/files.h"
#include "weft/image_layers.h"

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
  expect_three_steps(model, expected, 0.05, device());

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
  expect_like(model(expected.tensor("x").to(device())), expected.tensor("after"), "output of what was written");
}

WEFT_ON_EVERY_DEVICE(ConvNetOn);

}  // namespace
}  // namespace weft::testing
