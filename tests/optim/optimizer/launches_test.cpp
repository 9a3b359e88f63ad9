// SPDX-License-Identifier: Apache-2.0
// Number of kernels in a training step of a small network on a CUDA device.
#if defined(WEFT_CUDA_EMULATED)
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "emulator.h"
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

}  // namespace
}  // namespace weft::testing
#endif
