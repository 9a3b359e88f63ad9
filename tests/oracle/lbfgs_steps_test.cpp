// SPDX-License-Identifier: Apache-2.0
// L-BFGS on the functions of golden_recipes.py.
#include "weft/lbfgs.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/oracle/golden.h"
#include "tests/support/every_device.h"
#include "weft/elementwise.h"
#include "weft/ops.h"

namespace weft::testing {
namespace {

class LBFGSOn : public EveryDevice {};

Tensor rosenbrock(const Tensor& x) {
  const Tensor head = x.slice(0, 0, x.dim(0) - 1), tail = x.slice(0, 1, x.dim(0));
  return (100 * square(tail - square(head)) + square(1 - head)).sum();
}

Tensor quartic(const Tensor& x) {
  return square(square(x)).sum() + square(x.slice(0, 0, 1) - x.slice(0, 1, 2)).sum() + square(x).sum();
}

struct LBFGSRun {
  std::string name;
  std::function<Tensor(const Tensor&)> loss;
  LBFGSOptions options;
};

// Points and losses of twelve calls of step().
TEST_P(LBFGSOn, StepsAsPyTorchDoes) {
  const SafetensorsFile file = open_golden("lbfgs");
  for (const LBFGSRun& run : {LBFGSRun{"wolfe", rosenbrock, {.max_iter = 4}},
                              LBFGSRun{"wolfe_short", rosenbrock, {.lr = 0.8, .max_iter = 6, .history_size = 2}},
                              LBFGSRun{"fixed", quartic, {.lr = 0.3, .max_iter = 3, .strong_wolfe = false}}}) {
    const Variable x(Tensor::of<double>({-1.2, 1.0, 0.7, -0.4}, {4}));
    LBFGS optimizer(
        {{"x", x}}, [&] { return run.loss(x.value()); }, run.options);
    Tensors points;
    std::vector<double> losses;
    for (int i = 0; i < 12; ++i) {
      losses.push_back(optimizer.step());
      points.push_back(x.value());
    }
    expect_like(stack(points), file.tensor(run.name + ":points"), run.name);
    expect_like(Tensor::of(losses, {12}), file.tensor(run.name + ":losses"), run.name);
  }
}

WEFT_ON_EVERY_DEVICE(LBFGSOn);

}  // namespace
}  // namespace weft::testing
