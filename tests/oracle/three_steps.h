// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "tests/oracle/golden.h"
#include "weft/compile.h"
#include "weft/layers.h"
#include "weft/ops.h"
#include "weft/optim.h"
#include "weft/recipes.h"
#include "weft/regression_loss.h"

namespace weft::testing {

// Holds a model that was read from PyTorch's file against what PyTorch makes of it: its output, the losses of three
// steps of SGD at this rate, and its output then. Leaves it in evaluation.
inline void expect_three_steps(Sequential& model, const SafetensorsFile& expected, double rate, Device device) {
  const Tensor x = expected.tensor("x").to(device), y = expected.tensor("y").to(device);
  model.eval();
  expect_like(model(x), expected.tensor("before"), "output before");
  model.train();
  Optimizer optimizer(model.parameters(), SGD{.lr = rate});
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
}

}  // namespace weft::testing
