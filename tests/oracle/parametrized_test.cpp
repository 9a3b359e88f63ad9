// SPDX-License-Identifier: Apache-2.0
// Layers with computed weights, from the file that PyTorch writes: outputs, three steps of training, and the values
// then.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/oracle/three_steps.h"
#include "tests/support/every_device.h"

namespace weft::testing {
namespace {

class ParametrizedOn : public EveryDevice {};

TEST_P(ParametrizedOn, TrainsAsInPyTorch) {
  const SafetensorsFile expected = open_golden("parametrized_expected");
  Sequential model{WeightNorm(Linear(6, 5)), Tanh(), SpectralNorm(Linear(5, 4))};
  load(model, std::filesystem::path(WEFT_SOURCE_DIR) / "tests/oracle/golden/parametrized.safetensors");
  expect_three_steps(model, expected, 0.1, device());
  for (const StateEntry& entry : model.state_dict())
    expect_like(entry.variable.value(), expected.tensor("after." + entry.name), entry.name);
}

WEFT_ON_EVERY_DEVICE(ParametrizedOn);

}  // namespace
}  // namespace weft::testing
