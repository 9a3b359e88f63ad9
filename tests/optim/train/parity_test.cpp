// SPDX-License-Identifier: Apache-2.0
// One seed trains the same network on every device and for any number of threads.
#include <gtest/gtest.h>

#include <vector>

#include "weft/weft.h"

namespace weft::testing {
namespace {

Sequential digits_net() { return Sequential{Linear(64, 128), BatchNorm(128), ReLU(), Dropout(0.2), Linear(128, 10)}; }

// The losses of 20 steps with dropout on.
std::vector<float> losses_on(Device device) {
  const DeviceScope on(device);
  Generator draws(3);
  const GeneratorScope scope(draws);
  Sequential model = digits_net();
  model.to(device);
  model.initialize(3);
  Optimizer optimizer(model.parameters(), AdamW{.lr = 1e-3});
  auto step = compile([&](Tensor x, Tensor y) {
    Tensor loss = cross_entropy(model(x), y);
    optimizer.minimize(loss);
    return loss;
  });
  Loader loader(data::digits().train, {.batch_size = 16, .seed = 3});
  std::vector<float> out;
  for (auto [x, y] : loader) {
    out.push_back(step(x, y).item());
    if (out.size() == 20) break;
  }
  return out;
}

std::vector<float> dropped_on(Device device) {
  const DeviceScope on(device);
  Generator draws(9);
  const GeneratorScope scope(draws);
  auto masks = compile([](Tensor x) { return std::pair{dropout(x, 0.3), dropout(x, 0.7)}; });
  const auto [a, b] = masks(ones({37, 11}));
  std::vector<float> out = a.to_vector();
  const std::vector<float> more = b.to_vector();
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

TEST(Parity, DropoutMasksAreTheSameBitsOnEveryDevice) {
  const std::vector<float> expected = dropped_on(Device::cpu());
  EXPECT_NE(expected[0] * expected[1] * expected[2] * expected[3] * expected[4] * expected[5] * expected[6], 1.0f);
  for (const Device device : Device::all()) EXPECT_EQ(dropped_on(device), expected) << device.name();
}

TEST(Parity, DigitsLossesAgreeAcrossDevices) {
  const std::vector<float> expected = losses_on(Device::cpu());
  ASSERT_EQ(expected.size(), 20u);
  EXPECT_LT(expected.back(), expected.front());
  for (const Device device : Device::all()) {
    const std::vector<float> got = losses_on(device);
    for (std::size_t i = 0; i < got.size(); ++i)
      EXPECT_NEAR(got[i], expected[i], 1e-4) << device.name() << " step " << i;
  }
}

TEST(Parity, ThreadsDoNotChangeABit) {
  const int before = num_threads();
  std::vector<std::vector<float>> runs;
  for (const int threads : {1, 2, 5}) {
    set_num_threads(threads);
    runs.push_back(losses_on(Device::cpu()));
  }
  set_num_threads(before);
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_EQ(runs[0], runs[2]);
}

}  // namespace
}  // namespace weft::testing
